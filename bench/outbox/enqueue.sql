SELECT e.outcome FROM offerengine.loyalty_enqueue('E' || nextval('bench.next_order')) e;
