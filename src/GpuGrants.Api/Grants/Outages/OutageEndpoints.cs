using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Grants.Outages;

/// <summary>When an offer did not serve as promised, and how it is known.</summary>
public sealed record OutageBody
{
    /// <summary>When it began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was over, within 31 days.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How it is known: a report, a link, a log. It is kept, and is the reason of each correction.</summary>
    public string? Evidence { get; init; }
}

/// <summary>A time in which an offer did not serve as promised.</summary>
public sealed record OutageView
{
    public required Guid Id { get; init; }

    public required Guid OfferId { get; init; }

    public required Guid ProviderId { get; init; }

    /// <summary>In whole milliseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>How it is known.</summary>
    public required string Evidence { get; init; }

    /// <summary>Whether the provider said so itself; else an administrator confirmed it.</summary>
    public required bool ByProvider { get; init; }

    /// <summary>Usage records that it corrected when it was recorded.</summary>
    public required int Records { get; init; }

    /// <summary>The time that it gave back then.</summary>
    public required long GpuSeconds { get; init; }

    /// <summary>
    /// How much of that returned to budget and offer: grants were settled, a limit on used hours had no room, or the offer promised the
    /// hours to others.
    /// </summary>
    public required long ReturnedGpuSeconds { get; init; }

    /// <summary>The credits that it gave back then, paid by the provider.</summary>
    public required decimal Credits { get; init; }

    /// <summary>
    /// Records that it left as they are because they were disputed then. Record the same outage again once somebody has decided: that
    /// credits what is not credited yet.
    /// </summary>
    public required int Disputed { get; init; }

    /// <summary>Records that it left as they are because what they earned was payable already.</summary>
    public required int Payable { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static OutageView Of(Outage row) =>
        new()
        {
            Id = row.Id,
            OfferId = row.OfferId,
            ProviderId = row.ProviderId,
            StartedAt = row.StartedAt,
            EndedAt = row.EndedAt,
            Evidence = row.Evidence,
            ByProvider = row.ByProvider,
            Records = row.Records,
            GpuSeconds = row.GpuSeconds,
            ReturnedGpuSeconds = row.ReturnedGpuSeconds,
            Credits = Wire.Credits(row.Credits),
            Disputed = row.Disputes.Length,
            Payable = row.Payable,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>Outages of offers.</summary>
public static class OutageEndpoints
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/offers/{id:guid}/outages", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listOutages", "List an offer's outages", "Everybody sees when an offer did not serve as promised.")
            .ListsByTime<OutageView>()
            .Refuses(404);
        v1.MapPost("/offers/{id:guid}/outages", RecordAsync)
            .RequireScope(Scopes.Provide, Scopes.Administer)
            .Takes<OutageBody>()
            .Idempotent()
            .Says(
                "recordOutage",
                "Record an outage",
                "An operator of the provider reports it, or an independent administrator of the offer's programme confirms it. What grants "
                    + "used in that time is credited back, the provider pays for it, and what is reported of it later is charged to nobody. "
                    + "Disputed records wait: record the same outage again once they are decided."
            )
            .Answers<OutageView>(201)
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OfferChange.FindAsync(http, db, id);
        return TypedResults.Json(await http.PageAsync(db.Set<Outage>().Where(row => row.OfferId == id), OutageView.Of), ApiJson.Options);
    }

    private static async Task<IResult> RecordAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var offer = await OfferChange.FindAsync(http, db, id);
        var isOperator = http.Caller().Providers.Contains(offer.ProviderId);
        if (!isOperator)
            await ProgrammeEndpoints.AdministeredAsync(http, db, offer.ProgrammeId);
        var body = await http.BodyAsync(new Validator());
        return await http.RunAsync(
            new RecordOutage
            {
                Tree = TreeId.Of(offer.RootProgrammeId),
                Actor = http.Actor(),
                OfferId = id,
                ProviderId = offer.ProviderId,
                StartedAt = UsageItemBody.ToMicroseconds(body.StartedAt!.Value),
                EndedAt = UsageItemBody.ToMicroseconds(body.EndedAt!.Value),
                Evidence = body.Evidence!,
                Window = http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value.DisputeWindow,
                ByProvider = isOperator,
                Decider = isOperator && !http.Caller().IsPlatformAdministrator ? null : http.Decider(),
            },
            row => Answer.Created(null, OutageView.Of(row))
        );
    }

    private sealed class Validator : AbstractValidator<OutageBody>
    {
        public Validator()
        {
            RuleFor(body => body.StartedAt).NotNull().WithMessage("State when the outage began.");
            RuleFor(body => body.EndedAt).NotNull().WithMessage("State when the outage was over.");
            RuleFor(body => body.EndedAt)
                .Must((body, end) => end - body.StartedAt is { } span && span > TimeSpan.FromMilliseconds(1) && span <= Longest)
                .WithMessage("State an end after the beginning, within 31 days.")
                .When(body => body.StartedAt is not null && body.EndedAt is not null);
            RuleFor(body => body.Evidence).Text(2_000);
        }
    }
}
