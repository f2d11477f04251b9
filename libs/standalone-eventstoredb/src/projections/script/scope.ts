import { ScriptError, type Value } from './values.js';

interface Variable {
  value: Value;
  readonly constant: boolean;
}

/** The variables of a function or a block, and those around it. */
export class Scope {
  private readonly variables = new Map<string, Variable>();

  constructor(private readonly parent?: Scope) {}

  declare(name: string, value: Value, constant = false): void {
    this.variables.set(name, { value, constant });
  }

  /** Whether it is declared here, not around. */
  owns(name: string): boolean {
    return this.variables.has(name);
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  get(name: string): Value {
    const variable = this.find(name);
    if (variable === undefined) throw new ScriptError(`${name} is not defined`);
    return variable.value;
  }

  set(name: string, value: Value): void {
    const variable = this.find(name);
    if (variable === undefined) throw new ScriptError(`${name} is not defined`);
    if (variable.constant) throw new ScriptError(`${name} is a constant`);
    variable.value = value;
  }

  private find(name: string): Variable | undefined {
    return this.variables.get(name) ?? this.parent?.find(name);
  }
}
