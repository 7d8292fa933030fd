// SPDX-License-Identifier: Apache-2.0
// Requests to Vireo's API through Grafana's proxy. The prefix chooses Grafana's route, and so the token: who may only
// look has nothing that could act. Operators look through `operate` too, because the API tells what is allowed by token.

import { config, getBackendSrv, hasPermission } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { PERMISSIONS, PLUGIN_ID } from '../constants';
import { queryString, type QueryValue } from '../urls';
import { appError, toApiError } from './problem';

/** Routes of plugin.json, by their prefix. */
export type Route = 'v1' | 'operate' | 'console';

/** One request; paths are below /api/v1, made by {@link apiPath}. */
export interface ApiRequest {
  readonly path: string;
  /** Left out: `operate` for those who may, else `v1`. */
  readonly route?: Route;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Makes it a POST. */
  readonly body?: object;
  readonly idempotencyKey?: string;
  /** `text` for XML, `blob` for pictures. */
  readonly as?: 'json' | 'text' | 'blob';
  readonly signal?: AbortSignal;
}

/**
 * Sends a request and gives its answer.
 *
 * @throws ApiError always, whatever fails; a request that was cancelled throws its DOMException.
 */
export async function callApi<T>({ path, query, body, idempotencyKey, as, signal, ...rest }: ApiRequest): Promise<T> {
  const route = rest.route ?? readRoute();
  try {
    const answer = await lastValueFrom(
      getBackendSrv().fetch<T>({
        url: `/api/plugin-proxy/${PLUGIN_ID}/${route}${path}${queryString(query ?? {})}`,
        method: body === undefined ? 'GET' : 'POST',
        ...(body !== undefined && { data: body }),
        ...(idempotencyKey !== undefined && { headers: { 'Idempotency-Key': idempotencyKey } }),
        responseType: as ?? 'json',
        showErrorAlert: false,
        showSuccessAlert: false,
        validatePath: true,
        ...(signal && { abortSignal: signal }),
      }),
    );
    return answer.data;
  } catch (error) {
    throw toApiError(error) ?? new DOMException('cancelled', 'AbortError');
  }
}

/** Through which route to look: see the head of this file. */
export function readRoute(): Route {
  return hasPermission(PERMISSIONS.operate) ? 'operate' : 'v1';
}

/** The address of the event stream, for EventSource, which knows nothing of Grafana's sub-path. */
export function eventsAddress(): string {
  return `${config.appSubUrl}/api/plugin-proxy/${PLUGIN_ID}/${readRoute()}/events`;
}

/**
 * A path from its parts. Grafana decodes and cleans paths before it passes them on, so a part that would change the
 * path is refused here.
 *
 * @throws ApiError APP_HOST_NAME
 */
export function apiPath(...parts: readonly string[]): string {
  return parts
    .map((part) => {
      if (part === '' || part === '.' || part === '..' || /[/\\%]/.test(part)) {
        throw appError('APP_HOST_NAME', 0, part);
      }
      return `/${encodeURIComponent(part)}`;
    })
    .join('');
}
