-- What is asked often is planned without its argument: nothing of the rule about codes may call itself, since such a plan works out
-- what it can beforehand. In a session that has called none of it before.
BEGIN;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT plan(6);
SELECT is(offerengine_internal.shown(U&'a!0001b' UESCAPE '!'), 'a' || chr(92) || 'u0001b', 'a control character as a message shows it');
SELECT is(offerengine_internal.shown(repeat('x', 81)), repeat('x', 80) || '...', 'at most 80 characters');
SELECT is(offerengine_internal.code_problem(U&'!00A0a' UESCAPE '!'), 'begins or ends with white space', 'a no-break space');
SELECT is(offerengine_internal.code_problem(U&'a!0085b' UESCAPE '!'), 'contains a control character', 'a control character inside');
SELECT is(offerengine_internal.title_problem(U&'a!0009b' UESCAPE '!'), 'contains a control character', 'in a title');
SELECT is(offerengine_internal.code_problem(U&'a !00A0!3000b' UESCAPE '!'), NULL, 'white space inside is none');
SELECT * FROM finish();
ROLLBACK;
