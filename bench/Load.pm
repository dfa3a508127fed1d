# Load on the server of the libpq environment, and the processor time of its backends, which other work on the machine does not
# change much. It is read from /proc, so this runs on Linux, on the machine of the server.
package Load;
use strict;
use warnings;
use Exporter qw(import);
use POSIX qw(sysconf _SC_CLK_TCK);

our @EXPORT_OK = qw(ask run run_warm spent);

sub ask {
    my ($sql) = @_;
    open my $pipe, '-|', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', $sql or die "cannot run psql: $!\n";
    my @lines = <$pipe>;
    close $pipe or die "psql failed: $sql\n";
    chomp @lines;
    return join "\n", @lines;
}

my $postmaster;

# Microseconds that the server's processes of this moment have used.
sub used {
    $postmaster //= (split /\n/, ask(q{SELECT pg_read_file('postmaster.pid')}))[0];
    my $ticks = 0;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my @field = split / /, (<$in> // next) =~ s/.*\) //r;
        $ticks += $field[11] + $field[12] if $field[1] == $postmaster;
    }
    return 1e6 * $ticks / sysconf(_SC_CLK_TCK);
}

# Microseconds that the server's processes have used since it started, those that have ended included.
sub spent {
    my $live = used();
    open my $in, '<', "/proc/$postmaster/stat" or die "cannot read what the server has used: $!\n";
    my @field = split / /, <$in> =~ s/.*\) //r;
    return $live + 1e6 * ($field[13] + $field[14]) / sysconf(_SC_CLK_TCK);
}

# Runs a script of pgbench for some seconds after its sessions have warmed up, since the first calls of each plan their statements:
# transactions per second, and microseconds of processor for each.
sub run {
    my ($script, $warm, $clients, $seconds, @options) = @_;
    my @command = (qw(pgbench -n -M prepared -j 2 -P 1 -c), $clients, '-T', $warm + $seconds + 1, '-f', $script, @options);
    open my $pipe, '-|', join(' ', map { "'$_'" } @command) . ' 2>&1' or die "cannot run pgbench: $!\n";
    my ($sum, $n, $begun, $ended, $done) = (0, 0);
    while (my $line = <$pipe>) {
        $done = $1 if $line =~ /^number of transactions actually processed: (\d+)/;
        die "pgbench, $script: $line" if $line =~ /ERROR|aborted/;
        next unless $line =~ /^progress: [\d.]+ s, ([\d.]+) tps/;
        # The last second does not count: its sessions are ending.
        $n++;
        $sum += $1 if $n > $warm and $n <= $warm + $seconds;
        $begun = used() if $n == $warm;
        $ended = used() if $n == $warm + $seconds;
    }
    close $pipe;
    die "pgbench failed on $script\n" if $? or !defined $ended or !$sum;
    return { tps => $sum / $seconds, cpu => ($ended - $begun) / $sum, done => $done };
}

# Runs a script of pgbench for some seconds after its sessions have made so many calls each: microseconds of processor for one.
# Seconds do not tell when sessions are warm where calls of different length are compared.
sub run_warm {
    my ($script, $calls, $clients, $seconds) = @_;
    my @command = (qw(pgbench -n -M prepared -j 2 -P 1 -T 3600 -c), $clients, '-f', $script);
    my $pid = open my $pipe, '-|', 'exec ' . join(' ', map { "'$_'" } @command) . ' 2>&1' or die "cannot run pgbench: $!\n";
    my ($until, $warmed, $begun_at, $begun, $n, $ended) = (0, 0);
    while (my $line = <$pipe>) {
        die "pgbench, $script: $line" if $line =~ /ERROR|aborted/;
        next unless $line =~ /^progress: ([\d.]+) s, ([\d.]+) tps/;
        my $done = $2 * ($1 - $until);
        $until = $1;
        if (defined $begun) {
            $n += $done;
            if ($until - $begun_at >= $seconds - 0.5) {
                $ended = used();
                last;
            }
        } elsif (($warmed += $done) >= $calls * $clients) {
            ($begun, $begun_at, $n) = (used(), $until, 0);
        }
    }
    kill TERM => $pid;
    close $pipe;
    die "pgbench failed on $script\n" if !defined $ended or !$n;
    return ($ended - $begun) / $n;
}

1;
