import { Arr, Doc, Field } from '../bson/document.js';
import { typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { compileExpression, type Expression, type Variables } from './expression.js';
import { mapping, type Stage, type StageCompiler } from './stage.js';
import { stages } from './stages.js';

/** `$redact`: an expression says of each level whether to keep it, to drop it, or to look at what is below. */
const redact: StageCompiler = (spec, context) => {
  const decide = compileExpression(spec);
  return filtering((doc) => redacted(doc, doc, decide, context.variables));
};

function filtering(change: (doc: Doc) => Doc | undefined): Stage {
  return function* (input) {
    for (const doc of mapping((one) => change(one) ?? DROPPED)(input)) if (doc !== DROPPED) yield doc;
  };
}

const DROPPED = Doc.of([]);

function redacted(level: Doc, root: Doc, decide: Expression, variables: Variables): Doc | undefined {
  const verdict: Maybe = decide(root, new Map(variables).set('CURRENT', level));
  if (verdict === 'keep') return level;
  if (verdict === 'prune') return undefined;
  if (verdict !== 'descend') {
    const found = verdict === undefined ? typeName(verdict) : shellText(verdict);
    return failAt(
      17053,
      `$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, but returned ${found}`,
    );
  }
  return Doc.of(
    level.fields.flatMap((field) => {
      const value = below(field.value, root, decide, variables);
      return value === undefined ? [] : [Field.of(field.name, value)];
    }),
  );
}

function below(value: Value, root: Doc, decide: Expression, variables: Variables): Value | undefined {
  if (value instanceof Doc) return redacted(value, root, decide, variables);
  if (!(value instanceof Arr)) return value;
  return Arr.of(value.items.map((item) => below(item, root, decide, variables)).filter((item) => item !== undefined));
}

stages.set('$redact', redact);
