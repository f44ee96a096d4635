import type { FormatName } from '../../src/trace/reader.js';
import { InputError } from '../../src/trace/reader.js';
import type {
  Bracket,
  EventDecl,
  FieldKind,
  Interest,
  TraceRecord,
  TraceSink,
} from '../../src/trace/record.js';
import { TextReader } from '../../src/trace/text/reader.js';
import { bytesSource } from '../helpers.js';

const KINDS: readonly FieldKind[] = ['pointer', 'page', 'number', 'pages-up', 'low52'];

/** A number that stays the same for the same text. */
const sum = (text: string): number => [...text].reduce((n, c) => (n * 31 + c.charCodeAt(0)) >>> 0, 7);

/** Asks for some events and some of their fields, in all kinds, some of them twice or not at once; `seed` chooses. */
function wishes(decl: EventDecl, seed: number): Interest | null {
  const chance = sum(`${decl.name} ${decl.isReturn} ${decl.fields.join()}`) + seed;
  if (chance % 4 === 0) return null;
  const fields = decl.fields.slice(0, 9).flatMap((_, field) => {
    const n = chance + field;
    if (n % 5 === 4) return [];
    const lazy = n % 3 === 0;
    const first = { field, slot: 2 * field, kind: KINDS[n % 5], lazy };
    return n % 7 === 0 ? [first, { ...first, slot: 2 * field + 1, kind: KINDS[(n + 1) % 5] }] : [first];
  });
  return { fields, wantText: false, wantFields: false, part: chance % 3 === 0 ? 5 : undefined };
}

/** What a text gives when only numbers are asked for, each record as a line, in the order in which it comes. */
export async function asked(
  text: Buffer,
  format: FormatName,
  { chunk, decodeFrom, seed = 1 }: { chunk?: number; decodeFrom: number; seed?: number },
): Promise<string[]> {
  const out: string[] = [];
  const reader = new TextReader(bytesSource(text, chunk), format, decodeFrom);
  const { info } = reader;
  const declOf = new Map<Interest, EventDecl>();
  const sink: TraceSink = {
    declare(decl) {
      const interest = wishes(decl, seed);
      out.push(`declare ${JSON.stringify(decl)} ${interest !== null}`);
      if (interest !== null) declOf.set(interest, decl);
      return interest;
    },
    record(record: TraceRecord) {
      const { interest, t, cpu, pid, comm, origin, args, base } = record;
      const shown = (lazy: boolean): string[] =>
        interest.fields
          .filter((request) => (request.lazy === true) === lazy)
          .map(({ slot, kind }) =>
            kind === 'pointer' && !Number.isNaN(args[base + slot])
              ? info.pointers.text(args[base + slot])
              : String(args[base + slot]),
          );
      const eager = shown(false);
      // (A record that nobody asks for more of must not disturb the next one.)
      if ((origin + seed) % 3 !== 0) record.load();
      const lazy = (origin + seed) % 3 !== 0 ? shown(true) : [];
      out.push([declOf.get(interest)!.name, t, cpu, pid, comm, origin, ...eager, ...lazy].join(' '));
    },
    // Calls are looked at, and left to `record`.
    call: (bracket: Bracket) => bracket.count < 0,
    lost: (loss) => void out.push(`lost ${JSON.stringify(loss)}`),
  };
  try {
    await reader.read(sink);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    out.push(error.message);
  }
  const { base, digits, unit, rounding } = info.clock;
  out.push(`${info.records} ${info.unparsed} ${base} ${digits} ${unit} ${rounding}`);
  out.push(...info.diagnostics.map((diagnostic) => JSON.stringify(diagnostic)));
  return out;
}
