import type { ReportContext } from '../report/report.js';
import { createStyle } from '../report/style.js';
import { RULES } from '../rules/index.js';
import type { Cli } from './cli.js';
import type { SharedOptions } from './options.js';

/**
 * How an output for people looks. `toFile`: it goes to a file, where colour is only for those who insist.
 * NO_COLOR and FORCE_COLOR (https://no-color.org, https://force-color.org) rank below `--color`.
 */
export function reportContext(
  cli: Cli,
  options: SharedOptions,
  defaultLimit: number,
  toFile: boolean,
): ReportContext {
  const terminal = !toFile && cli.stdout.isTTY === true;
  return {
    version: cli.version,
    rules: RULES,
    style: createStyle(wantsColor(options.color, toFile ? {} : cli.env, terminal)),
    unicode: !options.ascii && isUtf8(cli.env),
    width: terminal ? Math.min(120, Math.max(60, cli.stdout.columns ?? 80)) : 80,
    limit: options.limit ?? defaultLimit,
    quiet: options.quiet === true,
    follow: options.follow === true,
  };
}

export function wantsColor(
  option: SharedOptions['color'],
  env: NodeJS.ProcessEnv,
  terminal: boolean,
): boolean {
  if (option !== 'auto') return option === 'always';
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  return terminal && env.TERM !== 'dumb';
}

/** The character set of the locale, by the variables' order of precedence (locale(7)). */
export function isUtf8(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
