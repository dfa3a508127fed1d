# Reads SQL that creates functions and reports, as FILE:LINE: RULE, what a CREATE FUNCTION leaves unsaid and, in bodies of
# LANGUAGE sql, parameters without the function's name in front. Comments and string literals are no code.

function report(line, rule) {
    printf "%s:%d: %s\n", file, line, rule
}

# The statement without comments, literals and dollar-quoted text; kept_body receives what stood between dollar quotes.
function strip(text,    tag, at, out) {
    kept_body = ""
    out = ""
    while (match(text, /--[^\n]*|'[^']*'|\$[a-z_]*\$/)) {
        out = out substr(text, 1, RSTART - 1) " "
        tag = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (tag ~ /^\$/) {
            at = index(text, tag)
            kept_body = kept_body substr(text, 1, at - 1)
            text = substr(text, at + length(tag))
        }
    }
    return out text
}

function code_only(text,    out) {
    out = ""
    while (match(text, /--[^\n]*|'[^']*'/)) {
        out = out substr(text, 1, RSTART - 1) " "
        text = substr(text, RSTART + RLENGTH)
    }
    return out text
}

function judge(statement, line,    head, body, name, arguments, depth, i, n, part, words, parameter, is_procedure) {
    head = strip(statement)
    body = kept_body
    if (head !~ /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)/)
        return
    is_procedure = head ~ /^CREATE (OR REPLACE )?PROCEDURE/
    name = head
    sub(/^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) */, "", name)
    sub(/[^a-z_.0-9].*/, "", name)
    if (name !~ /^offerengine(_internal)?\./)
        report(line, "the function's name is not qualified: " name)

    # The parameter list, up to the parenthesis that closes it.
    arguments = substr(head, index(head, "(") + 1)
    depth = 1
    for (i = 1; i <= length(arguments) && depth > 0; i++) {
        if (substr(arguments, i, 1) == "(") depth++
        if (substr(arguments, i, 1) == ")") depth--
    }
    head = substr(arguments, i)
    arguments = substr(arguments, 1, i - 2)

    if (is_procedure)
        return
    if (head !~ /(IMMUTABLE|STABLE|VOLATILE)/) report(line, "volatility is not stated: " name)
    if (head !~ /PARALLEL (SAFE|RESTRICTED|UNSAFE)/) report(line, "parallel safety is not stated: " name)
    if (head !~ /COST [0-9]/) report(line, "cost is not stated: " name)
    if (head ~ /RETURNS SETOF/ && head !~ /ROWS [0-9]/) report(line, "the number of rows is not stated: " name)
    if (head ~ /SECURITY DEFINER/ && head !~ /SET search_path/) report(line, "SECURITY DEFINER without search_path: " name)
    if (head ~ /LANGUAGE plpgsql/ && body !~ /^\n/) report(line, "the body starts on a line of its own: " name)

    if (head !~ /LANGUAGE sql/)
        return
    sub(/.*\./, "", name)
    if (match(head, /BEGIN ATOMIC/))
        body = body substr(head, RSTART + RLENGTH)
    else if (match(head, /RETURN[ \n(]/))
        body = body substr(head, RSTART + RLENGTH)
    body = " " code_only(body) " "
    n = split(arguments, part, ",")
    for (i = 1; i <= n; i++) {
        split(part[i], words, /[ \n]+/)
        parameter = words[1] == "" ? words[2] : words[1]
        if (parameter == "VARIADIC") parameter = words[1] == "" ? words[3] : words[2]
        # Bare: not after a point, not before one, a parenthesis or =>, not an alias.
        gsub(/[ \n]+/, " ", body)
        if (parameter ~ /^[a-z_]+$/ && has_bare(body, parameter))
            report(line, "parameter " parameter " is not written " name "." parameter)
    }
}

function has_bare(body, parameter,    before, after, rest) {
    rest = body
    while (match(rest, "[^a-z_0-9.$\"]" parameter "[^a-z_0-9]")) {
        before = substr(rest, 1, RSTART)
        after = substr(rest, RSTART + length(parameter) + 1)
        if (before !~ /( AS|\)) $/ && after !~ /^(\.| ?=>| ?\()/ && !is_column_list(before))
            return 1
        rest = substr(rest, RSTART + length(parameter))
    }
    return 0
}

# Inside the column list of an alias: AS t (a, b
function is_column_list(before) {
    return before ~ /AS [a-z_]+ ?\([^()]*$/ || before ~ /USING ?\([^()]*$/
}

/^CREATE / && !inside { inside = 1; start = FNR; statement = ""; quoted = 0; atomic = 0 }

inside {
    statement = statement $0 "\n"
    line = $0
    while (match(line, /\$[a-z_]+\$/)) {
        quoted = !quoted
        line = substr(line, RSTART + RLENGTH)
    }
    if ($0 ~ /BEGIN ATOMIC/) atomic = 1
    if (!quoted && (atomic ? $0 ~ /^END;?$/ : $0 ~ /; *(--.*)?$/)) {
        judge(statement, start)
        inside = 0
    }
}
