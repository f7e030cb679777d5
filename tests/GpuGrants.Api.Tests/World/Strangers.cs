using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>People who have no client yet.</summary>
internal static class Strangers
{
    /// <summary>Calls without a token.</summary>
    public static async Task<Reply> CallAsync(this TestWorld world, string path, object body, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        foreach (var (name, value) in headers)
            message.Headers.TryAddWithoutValidation(name, value);
        return await Person.SendAsync(world.Http, message);
    }

    /// <summary>Reads without a token.</summary>
    public static async Task<Reply> ReadAsync(this TestWorld world, string path, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            message.Headers.TryAddWithoutValidation(name, value);
        return await Person.SendAsync(world.Http, message);
    }

    public static Task<Reply> StartSignUpAsync(
        this TestWorld world,
        string email,
        string organization = "Hangang Robotics",
        string kind = "startup",
        string country = "KR",
        params (string Name, string Value)[] headers
    ) =>
        world.CallAsync(
            "/v1/sign-ups",
            new
            {
                email,
                name = "Kim Minji",
                organizationName = organization,
                kind,
                country,
                language = "en",
                acceptsTerms = true,
            },
            headers
        );

    /// <summary>Signs up and confirms with the mailed code.</summary>
    public static async Task<Reply> ConfirmSignUpAsync(
        this TestWorld world,
        string email,
        string organization = "Hangang Robotics",
        string kind = "startup"
    )
    {
        var started = (await world.StartSignUpAsync(email, organization, kind)).Expect(HttpStatusCode.Accepted);
        return await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code = await world.ReadCodeAsync(email) });
    }

    /// <summary>Somebody who signed up, with the organization that came with it.</summary>
    public static async Task<(Guid Organization, Person Person)> SignUpAsync(
        this TestWorld world,
        string email,
        string organization = "Hangang Robotics",
        string kind = "startup"
    )
    {
        var made = (await world.ConfirmSignUpAsync(email, organization, kind)).Expect(HttpStatusCode.Created);
        return (Guid.Parse(made["organization"]["id"]!.GetValue<string>()), world.PersonOf(made));
    }

    /// <summary>Somebody invites a person, who says yes.</summary>
    public static async Task<Reply> JoinAsync(this TestWorld world, Person by, string email, string role, Guid? resource)
    {
        var invited = (
            await by.Post(
                "/v1/invitations",
                new
                {
                    email,
                    role,
                    resourceId = resource,
                }
            )
        ).Expect(HttpStatusCode.Accepted);
        return await world.CallAsync(
            $"/v1/invitations/{invited.Id}/accept",
            new
            {
                code = await world.ReadCodeAsync(email),
                name = "Park Jisoo",
                acceptsTerms = true,
            }
        );
    }

    /// <summary>Whoever the answer to a confirmed sign-up made.</summary>
    public static Person PersonOf(this TestWorld world, Reply made) =>
        world.PersonOf(made["client"], Guid.Parse(made["person"]["id"]!.GetValue<string>()));

    /// <summary>Whoever has a client whose credentials an answer shows.</summary>
    /// <param name="client">The client with its id and its secret.</param>
    /// <param name="principal">Whose it is, where the test asks.</param>
    public static Person PersonOf(this TestWorld world, JsonNode client, Guid principal = default) =>
        new(world.Http, client["clientId"]!.GetValue<string>(), client["clientSecret"]!.GetValue<string>(), principal);
}
