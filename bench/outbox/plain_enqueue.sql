INSERT INTO bench.plain (payload) SELECT d.payload FROM bench.document d;
