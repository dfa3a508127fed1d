SELECT bench.refused_hold('o3');
