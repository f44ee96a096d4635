import { processCli } from '../../src/cli/cli.js';
import { start } from '../../src/cli/main.js';

/** bin/zaptrace with another engine. */
await start({ ...processCli('0.0.0-test'), engine: new URL('./fake-engine.js', import.meta.url).href });
