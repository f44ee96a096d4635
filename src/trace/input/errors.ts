import { InputError } from '../reader.js';

const REASONS: Record<string, readonly [code: string, reason: string]> = {
  ENOENT: ['not-found', 'no such file'],
  ENOTDIR: ['not-found', 'no such file'],
  EACCES: ['no-access', 'permission denied'],
  EPERM: ['no-access', 'operation not permitted'],
  EISDIR: ['is-directory', 'is a directory, not a trace'],
  EBUSY: ['busy', 'busy: another reader has it open'],
};

/** An error of the operating system as an InputError that names the input; any other error as it is. */
export function explain(error: unknown, name: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof InputError || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  const known = REASONS[code];
  if (known !== undefined) return new InputError(known[0], `${name}: ${known[1]}`, name);
  return new InputError('io-error', `${name}: cannot be read: ${(error as Error).message}`, name);
}

/** The same bytes; errors of the operating system become InputErrors. */
export async function* explained(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* bytes;
  } catch (error) {
    throw explain(error, name);
  }
}
