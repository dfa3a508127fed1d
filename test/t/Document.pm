# What a Markdown file tells its reader to type, block by block, for the tests that type it.
package Document;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(blocks_of code_of);

# Blocks of a file, in order: { language, text, heading, line }. A block that is indented instead of fenced has language
# "console", as one has that is not run.
sub blocks_of
{
	my ($path) = @_;
	my (@blocks, $block, $fenced, $after_blank);
	my $heading = '';
	open(my $in, '<', $path) or die "$path: $!";
	while (my $line = <$in>)
	{
		if ($line =~ /^```(\S*)$/)
		{
			$fenced = !$fenced;
			$block = undef;
			push @blocks, $block = { language => $1, text => '', heading => $heading, line => $. + 1 } if $fenced;
		}
		elsif ($fenced)
		{
			$block->{text} .= $line;
		}
		elsif ($line =~ /^    (\S.*\n)/ && ($block || $after_blank))
		{
			push @blocks, $block = { language => 'console', text => '', heading => $heading, line => $. } if !$block;
			$block->{text} .= $1;
		}
		else
		{
			$block = undef;
			$heading = $1 if $line =~ /^#+ (.*)/;
		}
		$after_blank = $line =~ /^$/;
	}
	close($in);
	die "$path: a fence is left open" if $fenced;
	return @blocks;
}

# All blocks of a language, as one program.
sub code_of
{
	my ($path, $language) = @_;
	return join "\n", map { $_->{text} } grep { $_->{language} eq $language } blocks_of($path);
}

1;
