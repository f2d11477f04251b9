/** Loads every operator and stage, and registers what queries and updates take from aggregation. */
import './operators-numeric.js';
import './operators-logic.js';
import './operators-string.js';
import './operators-array.js';
import './operators-array-parts.js';
import './operators-set.js';
import './operators-object.js';
import './operators-bits.js';
import './operators-trigonometry.js';
import './operators-date.js';
import './operators-date-make.js';
import './operators-convert.js';
import './operators-accumulate.js';
import './stages-shape.js';
import './stages-join.js';
import './stages-graph.js';
import './stages-bucket.js';
import './stages-redact.js';
import './stages-fill.js';
import './stage-window.js';
import './window-calculus.js';
import { Doc, type Arr } from '../bson/document.js';
import { topLevelExtensions } from '../query/extensions.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber } from '../bson/values.js';
import { fail } from '../errors.js';
import { compileSchema } from '../schema/json-schema.js';
import { pipelineUpdates } from '../update/update.js';
import { compileExpression, withScope, type Variables } from './expression.js';
import { optimizing } from './operators.js';
import { compileStage, isStage } from './stages.js';
import type { Catalog } from '../storage/catalog.js';
import { isTruthy } from './values.js';
import { variablesOf } from './variables.js';

topLevelExtensions.set('$expr', (value, variables) => {
  const expression = optimizing('Failed to optimize expression', () =>
    withScope(variables, () => compileExpression(value)),
  );
  return { kind: 'custom', name: '$expr', matches: (doc) => isTruthy(expression(doc, variables)) };
});

topLevelExtensions.set('$sampleRate', (value) => {
  const rate = isNumber(value) ? toDouble(value) : NaN;
  if (!(rate >= 0 && rate <= 1)) fail('BadValue', 'numeric argument to $sampleRate must be in [0, 1]');
  return { kind: 'custom', name: '$sampleRate', matches: () => Math.random() < rate };
});

topLevelExtensions.set('$jsonSchema', (value) => {
  const schema = compileSchema(value);
  return { kind: 'custom', name: '$jsonSchema', matches: (doc) => schema.matches(doc) };
});

const UPDATE_STAGES = ['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith'];

pipelineUpdates.compile = (pipeline: Arr, given: Variables | undefined) => {
  const variables = given ?? variablesOf(undefined);
  const context = { catalog: undefined as unknown as Catalog, db: '', variables };
  const stages = pipeline.items.map((stage) => {
    const name = stage instanceof Doc ? (stage.fields[0]?.name ?? '') : '';
    if (!UPDATE_STAGES.includes(name)) {
      if (!isStage(name)) compileStage(stage, context);
      fail('InvalidOptions', `${name} is not allowed to be used within an update`);
    }
    return compileStage(stage, context);
  });
  return (doc) => {
    const [result] = stages.reduce<Iterable<Doc | null>>((stream, stage) => stage(stream), [doc]);
    return result ?? doc;
  };
};

export { runPipeline } from './pipeline.js';
