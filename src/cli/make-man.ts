import { mkdirSync, writeFileSync } from 'node:fs';
import { VERSION } from '../version.js';
import { processCli } from './cli.js';
import { manual } from './man.js';
import { packageRoot } from './package-root.js';

/** Part of the build: writes man/zaptrace.1, which is never edited by hand. */
const directory = new URL('man/', packageRoot());
mkdirSync(directory, { recursive: true });
writeFileSync(new URL('zaptrace.1', directory), await manual(processCli(VERSION)));
