using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Codes;

/// <summary>What tests of codes begin with.</summary>
internal static class CodeScenes
{
    /// <summary>Mints codes for 5 GPU-hours each, and reads them.</summary>
    public static async Task<(Reply Batch, string[] Codes)> Mint(this TestWorld world, Scene scene, int count = 2, object? more = null)
    {
        var batch = (await world.TryMint(scene, count, more)).Expect(HttpStatusCode.Created);
        return (batch, await world.CodesOf(batch.Id));
    }

    public static Task<Reply> TryMint(this TestWorld world, Scene scene, int count = 2, object? more = null, Person? by = null)
    {
        var body = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(more ?? new { }))!.AsObject();
        body.TryAdd("name", "Deep learning, spring");
        body.TryAdd("offerId", scene.Offer.ToString());
        body.TryAdd("count", count);
        body.TryAdd("gpuHours", 5);
        body.TryAdd("redeemBy", world.Now.AddDays(30).ToString("O"));
        return (by ?? world.Admin).Post($"/v1/programmes/{scene.Programme}/code-batches", body);
    }

    public static async Task<string[]> CodesOf(this TestWorld world, Guid batch) =>
        [
            .. (await world.Admin.Get($"/v1/code-batches/{batch}/codes"))
                .Expect(HttpStatusCode.OK)["data"]
                .AsArray()
                .Select(one => one!["code"]!.GetValue<string>()),
        ];

    /// <summary>The GPU-hours of an account.</summary>
    public static async Task<decimal> HoursOf(this TestWorld world, Guid owner, string kind) =>
        await world.Balance(owner, kind, "gpu:h100") / 3_600;

    public static Task<Reply> Redeem(this Person person, string code, params (string Name, string Value)[] headers) =>
        person.Post("/v1/code-redemptions", new { code }, headers);

    /// <summary>Signs up with a code, and confirms the address.</summary>
    public static async Task<Reply> SignUpWith(this TestWorld world, string code, string email, object? more = null)
    {
        var started = (await world.StartSignUpWith(code, email, more)).Expect(HttpStatusCode.Accepted);
        return await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code = await world.ReadCodeAsync(email) });
    }

    public static Task<Reply> StartSignUpWith(this TestWorld world, string code, string email, object? more = null)
    {
        var body = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(more ?? new { }))!.AsObject();
        body["email"] = email;
        body["name"] = "Kim Minji";
        body["organizationName"] ??= "Kim Minji";
        body["kind"] ??= "student";
        body["country"] ??= "KR";
        body["acceptsTerms"] = true;
        body["grantCode"] = code;
        return world.CallAsync("/v1/sign-ups", body);
    }
}
