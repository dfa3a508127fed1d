SELECT pgq.next_batch('documents', 'bench') AS batch \gset
SELECT sum(octet_length(e.ev_data)) FROM pgq.get_batch_events(:batch) e;
SELECT pgq.finish_batch(:batch);
