// SPDX-License-Identifier: Apache-2.0
import { failure, fakeApi, type FakeApi, problem, signIn } from '../testing/fakeApi';
import { aTask, UUID } from '../testing/fixtures';
import { getDomain, getDomainXml, listDomains, listHosts, openConsole, requestAction } from './api';
import { apiPath } from './client';
import { ApiError } from './problem';

const domain = { host: 'kvm1', uuid: UUID };
let api: FakeApi;

beforeEach(() => {
  api = fakeApi();
  signIn('operator');
});

/** What a request failed with. */
async function failing(request: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) {
    throw new Error(`no ApiError: ${String(error)}`);
  }
  return error;
}

describe('a request', () => {
  it('goes through the route whose token suffices', async () => {
    api.on('GET /hosts', { items: [] }).on('POST /hosts/*/domains/*/actions', aTask());
    api.on('POST /hosts/*/domains/*/console', {});
    await listHosts();
    await requestAction(domain, { action: 'start' }, 'key');
    await openConsole(domain, { mode: 'view' });
    signIn('viewer');
    await listHosts();
    expect(api.requests.map(({ route }) => route)).toEqual(['operate', 'operate', 'console', 'v1']);
  });

  it('has several values as several parameters, and none for what is not asked', async () => {
    api.on('GET /domains', { items: [], total: 0 }).on('GET /hosts/*/domains/*/xml', '<domain/>');
    await listDomains({ host: ['a b', 'c'], q: '' }, { limit: 5 });
    expect(await getDomainXml(domain)).toBe('<domain/>');
    expect(api.requests.map(({ query }) => query.toString())).toEqual(['host=a+b&host=c&limit=5', '']);
  });

  it.each(['', '.', '..', 'a/b', 'a\\b', 'a%2fb'])('is not made for a host called %p', async (host) => {
    expect(() => apiPath('hosts', host)).toThrow(expect.objectContaining({ code: 'APP_HOST_NAME' }));
    expect(api.requests).toEqual([]);
  });

  it('encodes other names once', () => {
    expect(apiPath('hosts', 'Büro 1?', 'domains', UUID)).toBe(`/hosts/B%C3%BCro%201%3F/domains/${UUID}`);
  });
});

describe('what fails', () => {
  it('is one of Vireo’s problems, with its advice', async () => {
    api.on('GET /hosts/*/domains/*', () => {
      throw problem('VIREO_DOMAIN_UNKNOWN', 'kvm1 has no domain x');
    });
    expect(await failing(getDomain(domain))).toMatchObject({
      code: 'VIREO_DOMAIN_UNKNOWN',
      status: 404,
      message: 'kvm1 has no domain x',
      advice: 'List the domains again: a transient domain is gone when it stops.',
      requestId: 'request-1',
      isMissing: true,
    });
  });

  it('is understood as text too', async () => {
    api.on('GET /hosts/*/domains/*/xml', () => {
      throw failure(403, JSON.stringify({ code: 'VIREO_AUTH_PRIVILEGE', detail: 'needs xml' }));
    });
    expect(await failing(getDomainXml(domain))).toMatchObject({ code: 'VIREO_AUTH_PRIVILEGE', isForbidden: true });
  });

  it.each([
    [403, { message: 'plugin proxy route access denied' }, 'APP_FORBIDDEN'],
    [401, { message: 'Unauthorized' }, 'APP_SIGNED_OUT'],
    [404, { message: 'plugin route match not found' }, 'APP_NOT_CONFIGURED'],
    [500, { message: 'failed to render' }, 'APP_NOT_CONFIGURED'],
    [502, '', 'APP_UNREACHABLE'],
    [0, undefined, 'APP_NETWORK'],
    [418, '<html>', 'APP_ANSWER'],
  ])('with %p of Grafana is %3$s', async (status, data, code) => {
    api.on('GET /hosts', () => {
      throw failure(status, data);
    });
    const error = await failing(listHosts());
    expect(error.code).toBe(code);
    expect(error.advice).toBeTruthy();
  });

  it('with a newer code of Vireo keeps it', async () => {
    api.on('GET /hosts', () => {
      throw failure(409, { code: 'VIREO_NEWER', detail: 'something new' });
    });
    expect(await failing(listHosts())).toMatchObject({ code: 'VIREO_NEWER', message: 'something new' });
  });

  it('because it was cancelled is no problem to show', async () => {
    api.on('GET /hosts', () => {
      throw { status: -1, data: {}, config: { url: '' }, cancelled: true };
    });
    await expect(listHosts()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
