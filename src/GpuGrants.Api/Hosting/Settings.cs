using GpuGrants.Api.Access;
using GpuGrants.Api.Codes;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Mail;
using GpuGrants.Api.People;
using GpuGrants.Api.People.Handover;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Quotas.Simulations;
using GpuGrants.Api.Requests.Quotes;
using GpuGrants.Api.Store;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Webhooks;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Hosting;

/// <summary>The sections of the configuration that are the service's own, each with the types that read it.</summary>
public static class Settings
{
    private static readonly Section[] Own =
    [
        new Section<AccessOptions>("Access"),
        new Section<ProxyOptions>("Proxies"),
        new Section<DatabaseOptions>("Database"),
        new Section<PipelineOptions>("Pipeline"),
        new Section<SweepOptions>("Sweeps"),
        new Section<RateLimitOptions>("RateLimit"),
        new Section<BodyOptions>("Bodies"),
        new Section<CorsOptions>("Cors"),
        new Section<SimulationOptions>("Simulations"),
        new Section<LedgerOptions>("Ledger"),
        new Section<WebhookOptions>("Webhooks"),
        new Section<HoldingOptions>("People"),
        new Section<HandoverOptions>("People"),
        new Section<SignUpOptions>("SignUp"),
        new Section<MailOptions>("Mail"),
        new Section<DomainProofOptions>("DomainProofs"),
        new Section<CodeOptions>("Codes"),
        new Section<QuoteOptions>("Quotes"),
    ];

    /// <summary>The types that read each section. Two may share one.</summary>
    public static ILookup<string, Type> Sections { get; } =
        Own.ToLookup(section => section.Name, section => section.Type, StringComparer.OrdinalIgnoreCase);

    /// <summary>Lets the service read its sections. Values are validated when it starts.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        foreach (var section in Own)
            section.Add(builder);
    }

    /// <summary>Refuses settings that nothing reads: a misspelt or older name would do nothing, and nobody would know.</summary>
    /// <param name="configuration">All of it. Sections of others are not looked at.</param>
    /// <exception cref="OptionsValidationException">There is such a setting. The failures name each, and none has a value.</exception>
    public static void RefuseUnknown(IConfiguration configuration)
    {
        var unknown = Sections.SelectMany(section => UnknownSettings.Of(configuration.GetSection(section.Key), [.. section])).ToList();
        if (unknown.Count > 0)
            throw new OptionsValidationException(nameof(Settings), typeof(Settings), unknown);
    }

    private abstract record Section(string Name, Type Type)
    {
        public abstract void Add(WebApplicationBuilder builder);
    }

    private sealed record Section<TOptions>(string Name) : Section(Name, typeof(TOptions))
        where TOptions : class
    {
        public override void Add(WebApplicationBuilder builder)
        {
            builder.Services.AddSingleton<IValidateOptions<TOptions>>(new KeyedValidation<TOptions>(Name));
            builder.Services.AddOptions<TOptions>().Bind(builder.Configuration.GetSection(Name)).ValidateOnStart();
        }
    }
}
