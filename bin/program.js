'use strict';
// Loads the program from the files that scripts/bundle.mjs writes. Each holds chunks of the program, functions of
// (require, load, program), and has beside it the code that V8 made of it, for one version of Node; without it, or when
// V8 does not take it, the source is compiled: that is slower by some milliseconds and otherwise the same.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** V8's code depends on its version and the processor. */
const CODE = `${process.version}-${process.platform}-${process.arch}.code`;

function code(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Opens the program in a directory. `packs`, a Map, gets the name and script of every file that is loaded. */
function open(directory, packs) {
  const functions = {};
  const loaded = new Map();
  const read = (pack) => {
    const filename = join(directory, `${pack}.cjs`);
    const cachedData = code(join(directory, `${pack}-${CODE}`));
    // ASCII only: read byte by byte it stays at one byte a character.
    const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
    packs?.set(pack, script);
    const { index, chunks } = script.runInThisContext();
    Object.assign(functions, chunks);
    return index;
  };
  const chunk = (id) => {
    if (!id.startsWith('./')) return require(id);
    let exports = loaded.get(id);
    if (exports === undefined) {
      if (functions[id] === undefined) read(index[id]);
      exports = functions[id](chunk, load, program) ?? {};
      loaded.set(id, exports);
    }
    return exports;
  };
  const load = async (id) => chunk(id);
  const program = {
    /** What `import.meta.url` is in a module. */
    get url() {
      return require('node:url').pathToFileURL(join(directory, 'main.cjs')).href;
    },
  };
  const index = read('main');
  return chunk('./main.js');
}

module.exports = { open, CODE };
