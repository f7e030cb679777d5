using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>A partner with somebody who calls for it.</summary>
internal sealed record Portal(Guid Id, Person Person)
{
    public static readonly string[] Everything = ["read", "request"];

    public static async Task<Portal> EnterAsync(TestWorld world, string name = "Portal")
    {
        var id = (await world.Admin.Post("/v1/partners", new { name })).Expect(HttpStatusCode.Created).Id;
        return new Portal(id, await world.Member($"/v1/partners/{id}/members", "partner"));
    }

    /// <summary>Says for which organization the call is.</summary>
    public static (string, string) For(Guid organization) => ("GpuGrants-Organization", organization.ToString());

    /// <summary>Says for which person the call is.</summary>
    public static (string, string) ForPerson(Guid person) => ("GpuGrants-Person", person.ToString());

    /// <summary>The owner lets the partner act for the organization.</summary>
    /// <returns>The consent.</returns>
    public async Task<Guid> EnrolAsync(Guid organization, Person owner, string[]? scopes = null, DateTimeOffset? expiresAt = null)
    {
        var begun = (await Person.Post($"/v1/partners/{Id}/consents", new { scopes = scopes ?? Everything, expiresAt })).Expect(
            HttpStatusCode.Created
        );
        return (await owner.Post("/v1/consents", new { code = begun.Text_("code"), organizationId = organization }))
            .Expect(HttpStatusCode.Created)
            .Id;
    }

    /// <summary>Asks for a token that acts for whom a consent names.</summary>
    public async Task<Reply> ExchangeAsync(TestWorld world, string consent, string? scope = null, string? secret = null)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
            ["client_id"] = Person.ClientId,
            ["client_secret"] = secret ?? Person.ClientSecret,
            ["subject_token"] = consent,
            ["subject_token_type"] = "urn:gpugrants:token-type:consent",
        };
        if (scope is not null)
            form["scope"] = scope;
        using var message = new HttpRequestMessage(HttpMethod.Post, "/oauth/token") { Content = new FormUrlEncodedContent(form) };
        return await Person.SendAsync(world.Http, message);
    }
}
