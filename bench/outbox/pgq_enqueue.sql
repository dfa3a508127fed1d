SELECT pgq.insert_event('documents', 'order', d.payload::text) FROM bench.document d;
