/** The least that a Worker in front of a provider can do. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    return fetch(env.UPSTREAM + pathname, request);
  },
};
