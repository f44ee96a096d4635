import type { ToolScript } from './script.js';

/** Plain tracefs: writes to `dynamic_events`, records into an instance, copies its text. Needs no tool at all. */
export const tracefs: ToolScript = {
  usage: [
    ['run COMMAND [ARG...]', 'records while COMMAND runs; without one, until Ctrl-C'],
    ['start', 'begins to record'],
    ['stop', 'ends, writes DIR/trace.txt and takes the probes away'],
    ['clean', 'takes instance and probes away, whatever is in them'],
  ],
  body: `start() {
	define_all
	mkdir -p "$I" || die "cannot make the instance $I"
	echo 0 > "$I/tracing_on"
	echo mono > "$I/trace_clock" # the same on all CPUs
	echo "$BUFFER_KB" > "$I/buffer_size_kb"
	if [ -n "$PIDS" ]; then
		echo 1 > "$I/options/event-fork"
		for pid in $PIDS; do ls "/proc/$pid/task" || die "no process $pid"; done > "$W/tasks"
		tr '\\n' ' ' < "$W/tasks" > "$I/set_event_pid"
	fi
	echo 1 > "$I/events/$GROUP/enable"
	for event in $TRACEPOINTS; do
		if [ -e "$I/events/$event/enable" ]; then echo 1 > "$I/events/$event/enable"; else say "no tracepoint $event"; fi
	done
	echo 1 > "$I/tracing_on"
	say "recording into $I"
}

stop() {
	[ -d "$I" ] || die "nothing is being recorded: $I is not there"
	echo 0 > "$I/tracing_on"
	mkdir -p "$OUT"
	cat "$I/trace" > "$OUT/trace.txt"
	cat "$I"/per_cpu/cpu*/stats > "$OUT/stats"
	facts
	clean
	lost=$(awk '/overrun:|dropped events:/ { n += $NF } END { print n + 0 }' "$OUT/stats")
	[ "$lost" = 0 ] || say "$lost events lost: the buffers were too small, try BUFFER_KB=$((BUFFER_KB * 4))"
	say "$OUT/trace.txt: $(grep -vc '^#' "$OUT/trace.txt") events; next: zaptrace check $OUT/trace.txt"
}

clean() {
	if [ -d "$I" ]; then
		echo 0 > "$I/tracing_on"
		echo 0 > "$I/events/enable"
		rmdir "$I" || say "still in use: $I"
	fi
	undefine
}

case \${1:-} in
start | stop | clean) "$1" ;;
run)
	shift
	start
	ended=
	trap 'ended=1' INT TERM
	status=0
	if [ $# -gt 0 ]; then "$@" || status=$?; else while [ -z "$ended" ]; do sleep 1; done; fi
	stop
	exit "$status"
	;;
*)
	sed -n '2,/^$/s/^# \\{0,1\\}//p' "$0" >&2
	exit 2
	;;
esac
`,
};
