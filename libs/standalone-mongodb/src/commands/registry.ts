import type { Doc } from '../bson/document.js';
import type { CommandContext } from './context.js';

/** The names of all commands, known once they are all loaded: explain tells those that it does not explain from others. */
export const commandNames = new Set<string>();

export type Command = (context: CommandContext) => Promise<Doc> | Doc;
