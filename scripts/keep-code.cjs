// Preloaded into bin/zaptrace by scripts/code.mjs. With ZAPTRACE_CODE=FILE it writes V8's code of the program to that
// file: at the end of a run, because then the functions that it called are compiled. Otherwise it ends with 10 when V8
// did not take the code that lies beside the program.
const { writeFileSync } = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');

const { ZAPTRACE_CODE } = process.env;
const { setFlagsFromString } = v8;
/** The flag under which bin/zaptrace takes code. V8 writes the others into the code, too: the run changes none. */
const FLAG = '--verify-snapshot-checksum';
if (ZAPTRACE_CODE !== undefined)
  v8.setFlagsFromString = (flag) => {
    if (flag === FLAG) setFlagsFromString(flag);
  };

vm.Script = class extends vm.Script {
  constructor(...args) {
    super(...args);
    process.on('exit', () => {
      if (ZAPTRACE_CODE === undefined) {
        if (this.cachedDataRejected !== false) process.exitCode = 10;
        return;
      }
      setFlagsFromString(FLAG);
      setFlagsFromString('--flush-bytecode');
      writeFileSync(ZAPTRACE_CODE, this.createCachedData());
    });
  }
};
