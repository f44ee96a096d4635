import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../helpers.js';
import { examplesOf, outputOf } from './docs-console.js';

/** UPDATE_DOCS=1 writes what the commands print into the documents, to be read before it is committed. */
const update = process.env.UPDATE_DOCS === '1';

for (const document of ['docs/explain.md', 'docs/timeline.md']) {
  describe(document, () => {
    for (const example of examplesOf(document)) {
      it(`line ${example.line}: ${example.command}`, async () => {
        const output = await outputOf(example.command);
        if (update) {
          const path = join(root, document);
          const block = (text: string) => `$ ${example.command}\n${text}`;
          writeFileSync(
            path,
            readFileSync(path, 'utf8').replace(block(example.output), () => block(output)),
          );
          return;
        }
        assert.equal(example.output, output);
      });
    }
  });
}
