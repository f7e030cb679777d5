using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Quotes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Requests;

/// <summary>Quotes: what a request would get, pinned for a while.</summary>
public static class QuoteEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/quotes", CreateAsync)
            .RequireScope(Scopes.Request)
            .Takes<QuoteBody>()
            .Idempotent()
            .Speaks()
            .Says(
                "createQuote",
                "Get a quote",
                "Pins the offer that a request would get now, its rate and its GPU time, for a stated time. A request that names the quote "
                    + "gets them if the rules approve then. Nothing is pinned of any budget."
            )
            .Answers<QuoteView>(201)
            .Refuses(409);
        v1.MapGet("/quotes", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listQuotes", "List quotes", "Lists your own quotes, newest first.")
            .ListsByChange<QuoteView>("organizationId", "programmeId");
        v1.MapGet("/quotes/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "getQuote",
                "Read a quote",
                "For the person whose quote it is. Their programs and partners read those of the organizations for which they ask."
            )
            .Answers<QuoteView>()
            .Refuses(404);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var options = http.RequestServices.GetRequiredService<IOptions<QuoteOptions>>().Value;
        var clock = http.RequestServices.GetRequiredService<TimeProvider>();
        var body = await http.BodyAsync(new QuoteValidator(clock));
        if (body.ValidMinutes > options.MaxMinutes)
            throw Problem.Invalid("validMinutes", $"State 1 to {options.MaxMinutes:N0} minutes.");
        var organization = http.OrganizationOf(body.OrganizationId);
        var language = http.Language();
        var tree = await RequestEndpoints.TreeAsync(http, body.ProgrammeId!.Value);
        return await http.RunAsync(
            new CreateQuote
            {
                Tree = tree,
                Actor = http.Actor(),
                Ask = RequestEndpoints.Command(http, tree, body.ProgrammeId.Value, organization, body: null, body.ToDraft()),
                StartsAt = body.StartsAt,
                Duration = TimeSpan.FromDays(body.DurationDays ?? RequestValidator.DefaultDurationDays),
                Validity = TimeSpan.FromMinutes(body.ValidMinutes ?? Math.Min(QuoteValidator.DefaultMinutes, options.MaxMinutes)),
                OpenPerPerson = options.OpenPerPerson,
            },
            row => Answer.Created($"/v1/quotes/{row.Id}", QuoteView.Of(row, row.CreatedAt), row.Version) with { Language = language }
        );
    }

    /// <summary>Submits a request that names a quote.</summary>
    internal static async Task<Command<RequestDecided>> UseAsync(HttpContext http, RequestBody body)
    {
        var db = http.RequestServices.GetRequiredService<GpuGrantsContext>();
        var quote = await FindAsync(http, db, body.QuoteId!.Value);
        if (body.ProgrammeId is { } programme && programme != quote.ProgrammeId)
            throw Problem.Invalid("programmeId", "The quote is of another programme. Leave the programme out.");
        if (http.OrganizationOf(body.OrganizationId ?? quote.OrganizationId) != quote.OrganizationId)
            throw Problem.Invalid("organizationId", "The quote is for another organization. Leave the organization out.");
        var tree = TreeId.Of(quote.RootProgrammeId);
        var draft = UseQuote.DraftOf(quote, body.Purpose!, body.Tags ?? []);
        return new UseQuote
        {
            Tree = tree,
            Actor = http.Actor(),
            QuoteId = quote.Id,
            Ask = RequestEndpoints.Command(http, tree, quote.ProgrammeId, quote.OrganizationId, body, draft),
        };
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.Now();
        var rows = Read(http, db)
            .OnlyIds(http, "organizationId", row => row.OrganizationId)
            .OnlyIds(http, "programmeId", row => row.ProgrammeId);
        return TypedResults.Json(
            await http.PageAsync(rows, row => QuoteView.Of(row, now), names: row => [row.OrganizationId, row.ProgrammeId, row.ProviderId]),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row =
            await Read(http, db).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();
        return http.FoundWhole(QuoteView.Of(row, http.Now()), row.Version);
    }

    private static async Task<Quote> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Own(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    /// <summary>Auditors read everything; nobody else reads another's quotes, and nobody at all uses them.</summary>
    private static IQueryable<Quote> Read(HttpContext http, GpuGrantsContext db) =>
        http.Caller().Audits ? db.Set<Quote>() : Own(db, http.Caller());

    /// <summary>
    /// The quotes of the caller's person. Whoever is not that person, but a program or a partner, sees those of the organizations for
    /// which it asks, and of no other organization of the person.
    /// </summary>
    internal static IQueryable<Quote> Own(GpuGrantsContext db, Caller caller)
    {
        var (person, isPerson, organizations) = (caller.Actor.Person, caller.OwnPerson is not null, caller.Organizations);
        return db.Set<Quote>().Where(row => row.PersonId == person && (isPerson || organizations.Contains(row.OrganizationId)));
    }
}
