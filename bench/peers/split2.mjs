// Plain split2('\n') over a file: the line stream that a text tool is usually built on.
import { createReadStream } from 'node:fs';
import split2 from 'split2';

let lines = 0;
createReadStream(process.argv[2], { highWaterMark: 1 << 20 })
  .pipe(split2('\n'))
  .on('data', () => lines++)
  .on('end', () => console.log(lines));
