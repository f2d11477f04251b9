import { docOf, kept } from '../bson/build.js';
import { Doc, type Field } from '../bson/document.js';
import { fail } from '../errors.js';
import { variablesOf } from '../aggregate/variables.js';
import { compileFilter, type Filter } from '../query/filter.js';
import { explainFilter } from '../schema/explain-filter.js';

const LEVELS = ['off', 'strict', 'moderate'];
const ACTIONS = ['error', 'warn'];

/** Checks `validator`, `validationLevel` and `validationAction` of create and collMod. */
export function checkValidatorOptions(options: Doc): void {
  const level = options.get('validationLevel');
  if (typeof level === 'string' && !LEVELS.includes(level)) badEnum(level, 'validationLevel');
  const action = options.get('validationAction');
  if (typeof action === 'string' && !ACTIONS.includes(action)) badEnum(action, 'validationAction');
  const validator = options.get('validator');
  if (!(validator instanceof Doc)) return;
  for (const { name } of validator.fields) {
    if (name === '$where' || name === '$text' || name === '$near') {
      fail('BadValue', `${name} is not allowed in this context`);
    }
  }
  compileFilter(validator, variablesOf(undefined));
}

function badEnum(value: string, name: string): never {
  return fail('BadValue', `Enumeration value '${value}' for field '${name}' is not a valid value.`);
}

/** The options with one of them changed; an empty validator takes it away. */
export function withOption(options: Doc, field: Field): Doc {
  const others = options.fields.filter(({ name }) => name !== field.name);
  if (field.name === 'validator' && field.value instanceof Doc && field.value.isEmpty) return Doc.of(others);
  const known = options.fields.some(({ name }) => name === field.name);
  return Doc.of(
    known ? options.fields.map((old) => (old.name === field.name ? field : old)) : [...options.fields, field],
  );
}

/** A collection's validator, by its level and action. */
export class Validator {
  readonly #validator: Doc | undefined;
  readonly #moderate: boolean;
  #filter: Filter | undefined;

  constructor(options: Doc) {
    const validator = options.get('validator');
    const level = options.get('validationLevel');
    const isOn = level !== 'off' && options.get('validationAction') !== 'warn';
    this.#validator = isOn && validator instanceof Doc && !validator.isEmpty ? validator : undefined;
    this.#moderate = level === 'moderate';
  }

  get isOn(): boolean {
    return this.#validator !== undefined;
  }

  /** Throws 121 with mongod's account of what is wrong. */
  check(doc: Doc, previous: Doc | undefined): void {
    if (this.#validator === undefined) return;
    const variables = variablesOf(undefined);
    this.#filter ??= compileFilter(this.#validator, variables);
    if (this.#filter.matches(doc)) return;
    if (this.#moderate && previous !== undefined && !this.#filter.matches(previous)) return;
    const details = explainFilter(this.#validator, doc, variables);
    fail('DocumentValidationFailure', 'Document failed validation', {
      errInfo: docOf({ failingDocumentId: kept(doc.get('_id') ?? null), details }),
    });
  }
}
