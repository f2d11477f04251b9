/** The commands of this context and the module of their handlers; apart from the index, so that a program without Nest does not load it. */
export * from './application/commands.js';
export { PortfolioModule } from './portfolio.module.js';
