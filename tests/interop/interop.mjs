// Other people's libraries against the service at SERVICE, as CLIENT_ID with CLIENT_SECRET, who is a platform administrator:
// oauth4webapi gets tokens, jose verifies them, standardwebhooks verifies deliveries. Each check counts as one test.
import { createServer } from "node:http";
import { once } from "node:events";
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { Webhook } from "standardwebhooks";

const { SERVICE, CLIENT_ID, CLIENT_SECRET } = process.env;
const http = { [oauth.allowInsecureRequests]: true };
let passed = 0;
let failed = 0;

async function check(name, body) {
    try {
        const result = await body();
        passed++;
        console.log(`ok     ${name}`);
        return result;
    } catch (error) {
        failed++;
        console.log(`FAILED ${name}\n${error.stack}`, error.cause ?? "");
        return undefined;
    }
}

async function grant(server, secret, scope) {
    const answer = await oauth.clientCredentialsGrantRequest(
        server, { client_id: CLIENT_ID }, oauth.ClientSecretBasic(secret), new URLSearchParams({ scope }), http);
    return oauth.processClientCredentialsResponse(server, { client_id: CLIENT_ID }, answer);
}

/** A receiver that keeps what it got. */
async function receive() {
    const deliveries = [];
    const waiting = [];
    const server = createServer(async (request, response) => {
        let body = "";
        for await (const part of request.setEncoding("utf8")) body += part;
        response.writeHead(204).end();
        const delivery = { headers: request.headers, body };
        const next = waiting.shift();
        if (next) next(delivery);
        else deliveries.push(delivery);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        /** The next delivery of this type. Others, such as the event of the endpoint's own creation, may come before it. */
        next: async (type) => {
            let delivery;
            do delivery = deliveries.shift() ?? await new Promise((resolve) => waiting.push(resolve));
            while (JSON.parse(delivery.body).type !== type);
            return delivery;
        },
        close: () => server.close(),
    };
}

const issuer = new URL(SERVICE);
const server = await check("oauth4webapi discovers the authorization server (RFC 8414)", async () =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...http })));
const token = await check("oauth4webapi gets a token by client credentials (RFC 6749)", async () => {
    const answer = await grant(server, CLIENT_SECRET, "read administer clients");
    assert.equal(answer.token_type, "bearer");
    assert.ok(answer.expires_in > 0);
    return answer.access_token;
});
await check("oauth4webapi understands the refusal of a wrong secret", () =>
    assert.rejects(grant(server, "wrong", "read"), (error) => error.error === "invalid_client" || error.status === 401));
await check("jose verifies the token by the published keys (RFC 9068)", async () => {
    const keys = createRemoteJWKSet(new URL(server.jwks_uri));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: server.issuer, typ: "at+jwt" });
    assert.equal(payload.client_id, CLIENT_ID);
    assert.ok(protectedHeader.kid);
    const [head, , signature] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...payload, sub: "somebody-else" })).toString("base64url");
    await assert.rejects(jwtVerify(`${head}.${forged}.${signature}`, keys), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
});

async function call(method, path, body) {
    const answer = await oauth.protectedResourceRequest(
        token, method, new URL(path, SERVICE), new Headers({ "content-type": "application/json" }),
        body === undefined ? null : JSON.stringify(body), http);
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path} was answered ${answer.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
}

await check("oauth4webapi calls the API with the token (RFC 6750)", async () => assert.ok((await call("GET", "/v1/programmes")).data));
const receiver = await receive();
const endpoint = await check("A webhook endpoint is made", () =>
    call("POST", "/v1/webhook-endpoints", { ownerKind: "platform", url: receiver.url }));
await check("standardwebhooks verifies a ping, and refuses it with another body, time or secret", async () => {
    await call("POST", `/v1/webhook-endpoints/${endpoint.id}/ping`, {});
    const { headers, body } = await receiver.next("webhook.ping");
    const webhook = new Webhook(endpoint.secret);
    assert.equal(webhook.verify(body, headers).type, "webhook.ping");
    assert.throws(() => webhook.verify(body.replace("ping", "pong"), headers));
    assert.throws(() => webhook.verify(body, { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) }));
    assert.throws(() => new Webhook("whsec_" + Buffer.alloc(32).toString("base64")).verify(body, headers));
});
await check("standardwebhooks verifies an event, and both secrets of a rotation", async () => {
    const rotated = await call("POST", `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`, {});
    assert.notEqual(rotated.secret, endpoint.secret);
    await call("POST", "/v1/gpu-models", { id: "interop-model", name: "A model", vendor: "nobody", gpuClass: "datacenter", memoryGib: 80 });
    const delivery = await receiver.next("gpu-model.created");
    for (const secret of [endpoint.secret, rotated.secret])
        assert.equal(new Webhook(secret).verify(delivery.body, delivery.headers).type, "gpu-model.created");
});
receiver.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
