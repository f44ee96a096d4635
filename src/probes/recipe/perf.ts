import type { Definition } from './definition.js';
import type { Kernels } from './kernel.js';
import { render } from './render.js';
import type { RecipeOptions, ToolScript } from './script.js';
import { quote } from './shell.js';

/**
 * perf: records the events by name. Where the kernel knows C names, and where the script must find out, they are
 * defined through tracefs; for a given kernel without them by `perf probe`, with registers and offsets.
 */
export function perf({ selection, form, kernels }: RecipeOptions): ToolScript {
  const byPerf = kernels !== null && form === 'raw';
  return {
    ownProbes: byPerf,
    usage: [
      [
        'run COMMAND [ARG...]',
        'records while COMMAND runs; without one, until Ctrl-C; writes DIR/perf.data and DIR/trace.txt',
      ],
      ['clean', 'takes the probes away'],
    ],
    body: `${byPerf ? perfProbes(selection.definitions, kernels) : 'probes() { define_all; }\n'}
clean() { undefine; }

run() {
	probes
	set -- -o "$OUT/perf.data" -k mono -m 4096 -e "$GROUP:*" "$@"
	events=
	for event in $TRACEPOINTS; do
		if [ -e "$T/events/$event" ]; then events="$events -e $(echo "$event" | tr / :)"; else say "no tracepoint $event"; fi
	done
	if [ -n "$PIDS" ]; then events="$events -p $(echo $PIDS | tr ' ' ,)"; else events="$events -a"; fi
	trap '' INT # for perf alone
	# shellcheck disable=SC2086
	perf record $events "$@"
	status=$?
	trap - INT
	facts
	perf script -i "$OUT/perf.data" --ns --show-lost-events > "$OUT/trace.txt"
	clean
	say "$OUT/trace.txt; next: zaptrace check $OUT/trace.txt"
	exit "$status"
}

case \${1:-} in
run)
	shift
	command -v perf > /dev/null || die "perf is not installed"
	if [ $# -gt 0 ]; then run -- "$@"; else run; fi
	;;
clean) clean ;;
*)
	sed -n '2,/^$/s/^# \\{0,1\\}//p' "$0" >&2
	exit 2
	;;
esac
`,
  };
}

/**
 * `perf probe` once per event: one that the kernel does not have must not take the others with it. It sets the limit of
 * open calls to 10 and has no option for more: under many concurrent faults returns are lost.
 */
function perfProbes(definitions: readonly Definition[], kernels: Kernels): string {
  const lines = definitions.map((definition) => {
    const module = definition.map.module === null ? '' : `-m ${quote(definition.map.module)} `;
    return `\tprobe ${definition.event} ${module}-a ${quote(render(definition, 'perf', kernels).text)}`;
  });
  return [
    'probe() {',
    '\tevent=$1',
    '\tshift',
    '\tperf probe -q -f "$@" 2> /dev/null && echo "$event" >> "$W/defined"',
    '}',
    '',
    'probes() {',
    '\tready',
    ...lines,
    '\tsay "$(wc -l < "$W/defined") events defined"',
    '}',
    '',
  ].join('\n');
}
