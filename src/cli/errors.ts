/** The user can put this right: a wrong option, value or file. Exit code 2, message without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The operating system's words without Node's decoration: `no such file or directory`. */
export function systemMessage(error: unknown): string {
  const message = String((error as Error)?.message ?? error);
  // ENOENT: no such file or directory, open 'x'
  return /^[A-Z0-9]+: (.+?), \w+/.exec(message)?.[1] ?? message;
}
