using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>Bodies that are no JSON in UTF-8, or too long.</summary>
public sealed class BodyFormTests
{
    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Anything_but_json_is_an_unsupported_type(string? type)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/requests")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"gpuHours":1,"purpose":"Try"}""")),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await scene.Startup.TokenAsync());
        if (type is not null)
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        (await Person.SendAsync(world.Http, message)).ExpectProblem(
            HttpStatusCode.UnsupportedMediaType,
            "unsupported-content-type",
            "Content-Type"
        );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_body_beyond_the_limit_or_not_utf8_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        (await scene.Startup.Post("/v1/requests", $$"""{"purpose":"{{new string('a', 70_000)}}"}""")).ExpectProblem(
            HttpStatusCode.RequestEntityTooLarge,
            "body-too-large"
        );
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/requests")
        {
            Content = new ByteArrayContent([.. "{\"gpuHours\":1,\"purpose\":\""u8, 0xff, 0xfe, .. "\"}"u8]),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await scene.Startup.TokenAsync());
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await Person.SendAsync(world.Http, message)).ExpectProblem(HttpStatusCode.BadRequest, "malformed");
        Assert.Equal(before, await world.FingerprintAsync());
    }
}
