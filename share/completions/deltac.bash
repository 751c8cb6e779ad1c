# Completions of deltac for bash. Written by docs/make.py.
_deltac()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options=
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "check derive emit build train predict inspect eval verify fmt report lsp convert dump --help --version" -- "$word")
        return
    fi
    case $command$before in
    check--hints) mapfile -t COMPREPLY < <(compgen -W "none line kind full" -- "$word"); return ;;
    check--color) mapfile -t COMPREPLY < <(compgen -W "always never auto" -- "$word"); return ;;
    derive--to) mapfile -t COMPREPLY < <(compgen -W "text latex markdown html" -- "$word"); return ;;
    derive--steps) mapfile -t COMPREPLY < <(compgen -W "terse full" -- "$word"); return ;;
    emit--real) mapfile -t COMPREPLY < <(compgen -W "double float" -- "$word"); return ;;
    emit--target) mapfile -t COMPREPLY < <(compgen -W "hosted freestanding" -- "$word"); return ;;
    build--real) mapfile -t COMPREPLY < <(compgen -W "double float" -- "$word"); return ;;
    train--real) mapfile -t COMPREPLY < <(compgen -W "double float" -- "$word"); return ;;
    predict--real) mapfile -t COMPREPLY < <(compgen -W "double float" -- "$word"); return ;;
    eval--real) mapfile -t COMPREPLY < <(compgen -W "double float" -- "$word"); return ;;
    dump--stage) mapfile -t COMPREPLY < <(compgen -W "tokens syntax model dag gradient simplified loops memory c" -- "$word"); return ;;
    esac
    case $command in
    check) options="--json --hints --why --at-values --define --lang --jobs --limit --memory --no-cache --junit --sarif --with --annotate --strict --color --help" ;;
    derive) options="--to --steps --define --help" ;;
    emit) options="--output --check --tests --real --target --batch --memory-limit --derivatives --json --define --optimizer --help" ;;
    build) options="--output --real --portable --shared --define --optimizer --memory-limit --help" ;;
    train) options="--real --portable --define --optimizer --memory-limit --data --valid --split --epochs --steps --batch --seed --time --set --schedule --patience --best --average --weights --from --checkpoint --checkpoint-every --resume --log --plot --every --threads --memory --ordered --columns --whole --scale --normalize --quiet --help" ;;
    predict) options="--real --portable --define --optimizer --memory-limit --data --batch --seed --set --weights --threads --columns --whole --output --mean --need --quiet --help" ;;
    inspect) options="--json --help --help" ;;
    eval) options="--weights --data --output --mean --real --define --help" ;;
    verify) options="--seed --operations --define --optimizer --memory-limit --help" ;;
    fmt) options="--check --unicode --ascii --help" ;;
    report) options="--output --run --weights --data --define --optimizer --help" ;;
    lsp) options="--help" ;;
    convert) options="--output --lang --help" ;;
    dump) options="--memory-limit --stage --help" ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _deltac deltac
