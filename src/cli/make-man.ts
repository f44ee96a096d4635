import { VERSION } from '../version.js';
import { processCli } from './cli.js';
import { manual } from './man.js';

/** `npm run man`: prints the manual page. */
process.stdout.write(await manual(processCli(VERSION)));
