using System.Net;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>What a test does with a policy that is there.</summary>
internal static class PolicyScenes
{
    /// <summary>The only policy.</summary>
    public static Task<Guid> PolicyId(this TestWorld world) => world.ScalarAsync<Guid>("select id from quota_policies");

    /// <summary>Publishes a version of the policy, with this one rule, now or from a moment on.</summary>
    /// <returns>The answer to the publishing: 202 when several people have to agree.</returns>
    public static async Task<Reply> Publish(this TestWorld world, Guid policy, object rule, DateTimeOffset? from = null)
    {
        var document = new { rules = new[] { rule } };
        var draft = (await world.Admin.Put($"/v1/quota-policies/{policy}/draft", new { document }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        return await world.Admin.Post($"/v1/quota-policies/{policy}/publish", new { effectiveFrom = from }, ("If-Match", draft.ETag));
    }

    /// <summary>Where the scene's organization stands under each rule that counts it in a programme.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="programme">The scene's when left out.</param>
    /// <param name="by">Who reads it; the organization's owner when left out.</param>
    public static async Task<JsonArray> Headroom(this Scene scene, Guid? programme = null, Person? by = null)
    {
        var path = $"/v1/organizations/{scene.Organization}/headroom?programmeId={programme ?? scene.Programme}";
        return (await (by ?? scene.Startup).Get(path)).Expect(HttpStatusCode.OK)["data"][0]!["quotas"]!.AsArray();
    }

    /// <summary>The body of an override, for whoever the subject is: an id, or an organization's kind.</summary>
    public static object Override(
        Guid policy,
        string rule,
        object subject,
        string effect,
        decimal amount,
        DateTimeOffset? startsAt = null,
        DateTimeOffset? expiresAt = null
    ) =>
        new
        {
            policyId = policy,
            ruleId = rule,
            subject = subject.ToString(),
            effect,
            amount,
            startsAt,
            expiresAt,
            reason = "Agreed",
        };

    /// <summary>Asks for a higher limit.</summary>
    public static Task<Reply> AskIncrease(this Person person, Guid policy, string rule, decimal limit) =>
        person.Post(
            "/v1/quota-increases",
            new
            {
                policyId = policy,
                ruleId = rule,
                limit,
                reason = "Our model is larger than we thought",
            }
        );
}
