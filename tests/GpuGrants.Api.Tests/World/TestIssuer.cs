using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GpuGrants.Api.Tests.World;

/// <summary>Serves discovery and keys on loopback, and signs.</summary>
internal sealed class TestIssuer(WebApplication app, RSA key) : IAsyncDisposable
{
    public string Address => app.Urls.Single();

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var key = RSA.Create(2_048);
        var shown = key.ExportParameters(false);
        app.MapGet(
            "/.well-known/openid-configuration",
            () => Results.Json(new { issuer = app.Urls.Single(), jwks_uri = app.Urls.Single() + "/keys" })
        );
        app.MapGet(
            "/keys",
            () =>
                Results.Json(
                    new
                    {
                        keys = new[]
                        {
                            new
                            {
                                kty = "RSA",
                                use = "sig",
                                kid = "one",
                                alg = "RS256",
                                n = Base64Url.EncodeToString(shown.Modulus),
                                e = Base64Url.EncodeToString(shown.Exponent),
                            },
                        },
                    }
                )
        );
        await app.StartAsync();
        return new TestIssuer(app, key);
    }

    public string Token(
        string subject,
        DateTimeOffset expires,
        string audience = "gpugrants",
        string? by = null,
        string? assurance = null,
        string scope = "read request provide administer",
        long? end = null
    )
    {
        var text =
            Part(
                new
                {
                    alg = "RS256",
                    typ = "at+jwt",
                    kid = "one",
                }
            )
            + "."
            + Part(
                new
                {
                    iss = by ?? Address,
                    sub = subject,
                    aud = audience,
                    scope,
                    assurance,
                    exp = end ?? expires.ToUnixTimeSeconds(),
                }
            );
        var signature = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    public async ValueTask DisposeAsync()
    {
        key.Dispose();
        await app.DisposeAsync();
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
