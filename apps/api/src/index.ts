export type { ApiOptions } from './api-options.js';
export { describeApi } from './api.module.js';
export { createApi } from './create-api.js';
export { OPERATIONS, USE_CASES } from './controllers.js';
export { PROBLEMS } from './http/problem-table.js';
export { EXAMPLE_PATH } from './openapi/document.js';
export { routesOf, type Route } from './openapi/routes.js';
export { isAllowed, PERMISSIONS, type OperationId } from './security/permissions.js';
export { serveApi, type ServedApi } from './serve-api.js';
