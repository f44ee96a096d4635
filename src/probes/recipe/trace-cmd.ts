import type { ToolScript } from './script.js';

/** trace-cmd: probes through tracefs, recording and report by trace-cmd. */
export const traceCmd: ToolScript = {
  usage: [
    ['run COMMAND [ARG...]', 'records while COMMAND runs; without one, until Ctrl-C; writes DIR/trace.dat'],
    ['clean', 'takes the probes away'],
  ],
  body: `# Not "trace-cmd reset": it deletes all dynamic events, also those of others.
clean() {
	if [ -d "$I" ]; then
		echo 0 > "$I/tracing_on"
		echo 0 > "$I/events/enable"
		rmdir "$I" || say "still in use: $I"
	fi
	undefine
}

record() {
	set -- -o "$OUT/trace.dat" -B "$INSTANCE" -C mono -b "$BUFFER_KB" "$@"
	trap '' INT # for trace-cmd alone
	trace-cmd record "$@"
	status=$?
	trap - INT
}

run() {
	define_all
	events=
	for event in $TRACEPOINTS; do
		if [ -e "$T/events/$event" ]; then events="$events -e $(echo "$event" | tr / :)"; else say "no tracepoint $event"; fi
	done
	if [ -n "$PIDS" ]; then
		for pid in $PIDS; do
			for task in $(ls "/proc/$pid/task" || die "no process $pid"); do events="$events -P $task"; done
		done
		events="$events -c"
	fi
	# shellcheck disable=SC2086
	record -e "$GROUP" $events "$@"
	facts
	clean
	[ -s "$OUT/trace.dat" ] || die "trace-cmd recorded nothing"
	trace-cmd report -t -i "$OUT/trace.dat" > "$OUT/trace.txt"
	say "$OUT/trace.dat; next: zaptrace check $OUT/trace.dat"
	exit "$status"
}

case \${1:-} in
run) shift; command -v trace-cmd > /dev/null || die "trace-cmd is not installed"; run "$@" ;;
clean) clean ;;
*)
	sed -n '2,/^$/s/^# \\{0,1\\}//p' "$0" >&2
	exit 2
	;;
esac
`,
};
