/**
 * Parts of the recording scripts. POSIX sh (dash, busybox ash), awk, sed and grep and nothing else, so that they run
 * on a rescue image. In all of them: T tracefs, I the instance, W a temporary directory.
 */

/** One word of a shell command, quoted if it must be. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A here-document whose text the shell leaves alone. */
export const hereDocument = (command: string, lines: readonly string[]): string =>
  [`${command} <<'END'`, ...lines, 'END'].join('\n');

export const COMMON = `NL='
'
say() { echo "zaptrace-record: $*" >&2; }
die() { say "$*"; exit 1; }

ready() {
	[ "$(id -u)" = 0 ] || [ -n "\${TRACEFS:-}" ] || die "must run as root"
	[ -e "$T/dynamic_events" ] || die "$T has no dynamic_events: mount tracefs, on a kernel with CONFIG_KPROBE_EVENTS"
	[ ! -d "$T/events/$GROUP" ] || die "probes of an earlier recording are still there: sh $0 clean"
	mkdir -p "$OUT" || exit 1
	W=$(mktemp -d) || exit 1
	trap 'rm -rf "$W"' EXIT
	: > "$W/defined"
	# By symbol, not by version: distributions carry changes back and forth.
	KERNEL=$(uname -r | awk -F'[.-]' '{ print $1 * 1000 + $2 }')
	if [ -s "$T/available_filter_functions" ]; then cat "$T/available_filter_functions"; else awk '$2 ~ /^[tT]$/ { print $3 }' /proc/kallsyms; fi > "$W/functions"
	table | awk 'NR == FNR { sub(/^kernel=[^ ]* /, ""); sub(/%return$/, "", $2); want[$2]; next } { s = $1; sub(/\\..*/, "", s); if (s in want) print $1 }' - "$W/functions" > "$W/present"
	case $(uname -m) in x86_64 | aarch64) offsets ;; esac | awk -v k="$KERNEL" '$2 <= k && k <= $3 { print "s/@" $1 "@/" $4 "/g" }' > "$W/offsets"
	echo 's/ [^ ]*@[^ ]*//g' >> "$W/offsets" # what is not known on this kernel is left out
}

# Writes one definition. Not all failures are errors: of several ways to probe a function the first that works counts.
write() { printf '%s\\n' "$1" 2> /dev/null >> "$T/dynamic_events"; } 2> /dev/null

# The forms of one line: as it is; without a limit of open calls, where fprobes have none; as a kprobe.
try() {
	write "$1" && return
	case $1 in
	f:*) write "p\${1#f}" ;;
	f[0-9]*) write "f:\${1#*:}" || write "r$(without_return "\${1#f}")" ;;
	*) false ;;
	esac
}
without_return() { printf '%s\\n' "\${1%%%return*}\${1#*%return}"; }

define() {
	present="$NL$(cat "$W/present")$NL"
	table | {
		defined=$NL refused=
		while read -r head symbol args; do
			case $head in
			kernel=*)
				range=\${head#kernel=}
				[ "\${range%..*}" -le "$KERNEL" ] && [ "$KERNEL" -le "\${range#*..}" ] || continue
				head=$symbol symbol=\${args%% *} rest=\${args#* }
				[ "$rest" != "$args" ] || rest=
				args=$rest
				;;
			esac
			event=\${head#*"$GROUP/"}
			name=\${symbol%\\%return}
			case $defined in *"$NL$event$NL"*) continue ;; esac
			case $present in
			*"$NL$name$NL"*) real=$name ;;
			*"$NL$name."*)
				# A clone (.constprop.0, .isra.0) may have lost arguments: only its calls are certain, and what it returns.
				real=\${present#*"$NL$name."}
				real=$name.\${real%%"$NL"*}
				case $args in *'ret=$retval'*) args=ret=\${args##*ret=} ;; *) args= ;; esac
				;;
			*) continue ;;
			esac
			line="$head $real\${symbol#"$name"}\${args:+ $args}"
			case $line in *@*) line=$(printf '%s\\n' "$line" | sed -f "$W/offsets") ;; esac
			if try "$line"; then defined="$defined$event$NL"; else refused="$refused $event"; fi
		done
		for event in $refused; do
			case $defined in *"$NL$event$NL"*) ;; *) say "the kernel refused the probe $event" ;; esac
		done
		printf %s "\${defined#"$NL"}" > "$W/defined"
	}
	[ -s "$W/defined" ] || die "the kernel took none of the probes"
	say "$(wc -l < "$W/defined") events defined"
}

# need WHAT EVENT...: one of them must be there
need() {
	what=$1
	shift
	for event; do grep -qx "$event" "$W/defined" && return; done
	say "no probe for $what: this kernel has none of $*; some rules cannot be decided"
}

# module NAME HINT FUNCTION...: its functions can be probed only when it is loaded
module() {
	name=$1 hint=$2
	shift 2
	for function; do grep -qE "^$function(\\.|\\$)" "$W/present" && return; done
	die "no function of $name is there: load it first ($hint)"
}

undefine() {
	[ -e "$T/dynamic_events" ] || return 0
	sed -n "s|^[a-z0-9]*:\\($GROUP/[^ ]*\\).*|-:\\1|p" "$T/dynamic_events" > "\${TMPDIR:-/tmp}/zaptrace-undefine.$$"
	while read -r line; do write "$line" || say "still in use: $line"; done < "\${TMPDIR:-/tmp}/zaptrace-undefine.$$"
	rm -f "\${TMPDIR:-/tmp}/zaptrace-undefine.$$"
}

# What tells a reader later what was recorded, and what was not.
facts() {
	uname -a > "$OUT/kernel"
	grep "[:/]$GROUP/" "$T/dynamic_events" > "$OUT/dynamic_events"
	if [ -e "$T/kprobe_profile" ]; then cat "$T/kprobe_profile" > "$OUT/kprobe_profile"; fi
}
`;
