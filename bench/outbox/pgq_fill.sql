-- The events that there are, in batches of a hundred (psql variable batches) for one consumer, and none else.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgq;
SELECT pgq.drop_queue(q.queue_name, true) FROM pgq.queue q \g /dev/null
SELECT pgq.create_queue('documents'), pgq.set_queue_config('documents', 'ticker_max_count', '1'),
       pgq.register_consumer('documents', 'bench') \g /dev/null
SELECT set_config('bench.batches', :'batches', false) \g /dev/null
DO $$
BEGIN
    FOR n IN 1 .. current_setting('bench.batches')::integer LOOP
        PERFORM pgq.insert_event('documents', 'order', d.payload::text) FROM bench.document d, generate_series(1, 100);
        COMMIT;
        PERFORM pgq.ticker('documents');
        COMMIT;
    END LOOP;
END $$;
