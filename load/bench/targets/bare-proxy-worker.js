/** The smallest possible Worker in front of a provider. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    return fetch(env.UPSTREAM + pathname, request);
  },
};
