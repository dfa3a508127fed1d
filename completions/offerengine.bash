# Completion for bash, by what each program says with --help. To be sourced, or put into /etc/bash_completion.d; needs bash-completion.
if declare -F _comp_complete_longopt > /dev/null; then
    complete -F _comp_complete_longopt offerengine-client offerengine-cluster offerengine-load offerengine-loyalty-worker offerengine-openapi
else
    complete -F _longopt offerengine-client offerengine-cluster offerengine-load offerengine-loyalty-worker offerengine-openapi
fi
