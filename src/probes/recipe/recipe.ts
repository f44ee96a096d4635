import { perf } from './perf.js';
import { type RecipeOptions, script, type Tool } from './script.js';
import { traceCmd } from './trace-cmd.js';
import { tracefs } from './tracefs.js';

/** A ready recording script (POSIX sh) for a tool. */
export function recipe(tool: Tool, options: RecipeOptions): string {
  switch (tool) {
    case 'tracefs':
      return script(options, tracefs);
    case 'trace-cmd':
      return script(options, traceCmd);
    case 'perf':
      return script(options, perf(options));
  }
}
