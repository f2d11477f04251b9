import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { checkCode, type FoldedProjection, type Projection } from '#libs/projection-engine';
import { caseQueueProjection, ledgerProjection } from '#projections';
import { codeSample } from '../../../projections/code-sample.js';
import { ReadModels } from './read-models.js';

let models: ReadModels;

beforeAll(async () => {
  models = await ReadModels.open();
});

afterAll(() => models.close());

const check = (code: readonly Projection[], folds = true): Promise<void> =>
  checkCode(models.store, code, { sample: codeSample, folds });

const queue = caseQueueProjection as FoldedProjection;
const changed: Projection = {
  ...queue,
  evolve: (doc, event, key) => {
    const next = queue.evolve(doc, event, key);
    return next && { ...next, note: 'new' };
  },
};
const REFUSED = { code: 'PROJECTION_CODE_CHANGED' };

describe('the code of a read model', () => {
  beforeEach(() => models.store.dropDatabase());

  it('is marked by the first program that folds; another under the same version is refused, to fold and to read', async () => {
    await check([queue, ledgerProjection]);
    await check([queue, ledgerProjection]);
    await expect(check([changed])).rejects.toMatchObject(REFUSED);
    await expect(check([changed], false)).rejects.toMatchObject(REFUSED);
  });

  it('may be written otherwise', async () => {
    await check([queue]);
    await check([{ ...queue, evolve: (doc, event, key) => queue.evolve(doc, event, key) }]);
  });

  it('is not marked by a program that only reads', async () => {
    await check([changed], false);
    await check([queue]);
  });

  it('changes with the version, beside the one before', async () => {
    await check([queue]);
    const next: Projection = { ...changed, version: queue.version + 1, previous: queue };
    await check([next]);
    await expect(check([{ ...next, previous: { ...changed, version: queue.version } }])).rejects.toMatchObject(REFUSED);
    await expect(check([{ ...queue, version: next.version }])).rejects.toMatchObject(REFUSED);
  });

  it('is marked anew by another sample', async () => {
    await check([queue]);
    const sample = { edition: codeSample.edition + 1, events: codeSample.events.slice(1) };
    await checkCode(models.store, [changed], { sample, folds: true });
    await expect(checkCode(models.store, [queue], { sample, folds: true })).rejects.toMatchObject(REFUSED);
  });
});
