using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People.Portals;

/// <summary>How far a root programme trusts a partner's word for people.</summary>
public sealed record TrustBody
{
    /// <summary>For how many people, those it removed not counted.</summary>
    public int? PeopleAtMost { get; init; }

    /// <summary>For how many new people in 24 hours.</summary>
    public int? PeoplePerDay { get; init; }
}

/// <summary>A root programme takes people for whom a partner vouches.</summary>
/// <param name="ProgrammeId">The root programme; those below it do the same.</param>
/// <param name="PartnerId">The partner.</param>
/// <param name="PeopleAtMost">For how many people, those it removed not counted.</param>
/// <param name="PeoplePerDay">For how many new people in 24 hours.</param>
/// <param name="Status">active or ended.</param>
/// <param name="Version">The resource's version, which grows with each change.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record PartnerTrustView(
    Guid ProgrammeId,
    Guid PartnerId,
    int PeopleAtMost,
    int PeoplePerDay,
    string Status,
    long Version,
    DateTimeOffset CreatedAt
)
{
    internal static PartnerTrustView Of(PartnerTrust row) =>
        new(row.ProgrammeId, row.PartnerId, row.PeopleAtMost, row.PeoplePerDay, row.Status, row.Version, row.CreatedAt);
}

/// <summary>The partners that a programme trusts; few, so the list is one page.</summary>
/// <param name="Data">The partners, the oldest trust first.</param>
public sealed record PartnerTrustsView(IReadOnlyList<PartnerTrustView> Data);

/// <summary>Which partners a root programme trusts to vouch for people.</summary>
public static class TrustEndpoints
{
    private const int MaxPeople = 1_000_000;

    /// <summary>The most partners that one programme trusts.</summary>
    private const int MaxPartners = 100;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/programmes/{id:guid}/partners", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listTrustedPartners", "List trusted partners", "For the programme's administrators. At most 100, ended ones included.")
            .Answers<PartnerTrustsView>()
            .Refuses(404);
        v1.MapPut("/programmes/{id:guid}/partners/{partnerId:guid}", PutAsync)
            .RequireScope(Scopes.Administer)
            .Takes<TrustBody>()
            .Says(
                "trustPartner",
                "Trust a partner's word for people",
                "For administrators of a root programme, who do not belong to the partner. Holds for the "
                    + "programmes below it too. People for "
                    + "whom the partner vouches count as verified by e-mail there, and nowhere else."
            )
            .Answers<PartnerTrustView>()
            .Refuses(404, 409);
        v1.MapDelete("/programmes/{id:guid}/partners/{partnerId:guid}", EndAsync)
            .RequireScope(Scopes.Administer)
            .Says("distrustPartner", "Trust a partner no more", "Whom it vouched for is not eligible any more. Their grants stay.")
            .AnswersEmpty()
            .Refuses(404);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await ProgrammeEndpoints.AdministeredAsync(http, db, id);
        var rows = await db.Set<PartnerTrust>()
            .Where(row => row.ProgrammeId == id)
            .OrderBy(row => row.CreatedAt)
            .Take(MaxPartners)
            .ToListAsync(http.RequestAborted);
        return TypedResults.Json(new PartnerTrustsView([.. rows.Select(PartnerTrustView.Of)]), ApiJson.Options);
    }

    private static async Task<IResult> PutAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid partnerId)
    {
        var programme = await ProgrammeEndpoints.AdministeredAsync(http, db, id);
        var body = await http.BodyAsync(new Validator());
        if (programme.RootProgrammeId != id)
            throw Problem.Invalid("programmeId", "Only a root programme trusts a partner. Those below it follow.");
        if (!await db.Set<Partner>().AnyAsync(row => row.Id == partnerId, http.RequestAborted))
            throw Problem.NotFound();
        if (
            await db.Set<PartnerTrust>().CountAsync(row => row.ProgrammeId == id && row.PartnerId != partnerId, http.RequestAborted)
            >= MaxPartners
        )
            throw Problem.Invalid("partnerId", $"A programme trusts at most {MaxPartners} partners.");
        return await ChangeAsync(
            http,
            id,
            partnerId,
            (batch, row) => Set(batch, http.Actor(), row, id, partnerId, body),
            row => Answer.Ok(PartnerTrustView.Of(row), row.Version),
            http.Decider()
        );
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid partnerId)
    {
        await ProgrammeEndpoints.AdministeredAsync(http, db, id);
        return await ChangeAsync(http, id, partnerId, End, _ => Answer.NoContent(), null);
    }

    private static Task<IResult> ChangeAsync(
        HttpContext http,
        Guid id,
        Guid partnerId,
        Func<BatchState, PartnerTrust?, PartnerTrust?> change,
        Func<PartnerTrust, Answer> answer,
        Decider? decider
    )
    {
        var (tree, actor, key) = (TreeId.Of(id), http.Actor(), new RowKey(id, partnerId));
        return http.RunAsync(
            new Change<PartnerTrust>
            {
                Tree = tree,
                Actor = actor,
                Planning = batch =>
                {
                    batch.Rows<PartnerTrust>().Want(key);
                    decider?.Plan(batch);
                },
                Deciding = batch =>
                {
                    var at = batch.Tree(tree).At;
                    if (decider?.Refuse(batch, at, Party.Partner(partnerId)) is { } own)
                        return own;
                    if (change(batch, batch.Rows<PartnerTrust>().Find(key)) is not { } row)
                        return Refusal.NotFound;
                    batch.Tree(tree).MarkConfigChanged();
                    decider?.Decided(batch, tree, partnerId);
                    batch.RecordEvent(
                        tree,
                        actor,
                        ProgrammeEvents.PartnerTrusted,
                        new PartnerTrustData(id, partnerId, row.Status, row.Version)
                    );
                    return row;
                },
            },
            answer
        );
    }

    private static PartnerTrust Set(BatchState batch, Actor actor, PartnerTrust? row, Guid programme, Guid partner, TrustBody body)
    {
        var at = batch.Tree(TreeId.Of(programme)).At;
        if (row is null)
        {
            row = new PartnerTrust
            {
                ProgrammeId = programme,
                PartnerId = partner,
                CreatedBy = actor.PrincipalId,
                Version = 1,
                CreatedAt = at,
                UpdatedAt = at,
            };
            batch.Rows<PartnerTrust>().Insert(row);
        }
        else
        {
            batch.Change(row, at);
        }

        (row.PeopleAtMost, row.PeoplePerDay, row.Status) = (body.PeopleAtMost!.Value, body.PeoplePerDay!.Value, PartnerTrust.Active);
        return row;
    }

    private static PartnerTrust? End(BatchState batch, PartnerTrust? row)
    {
        if (row is not { Status: PartnerTrust.Active })
            return null;
        row.Status = PartnerTrust.Ended;
        batch.Change(row, batch.Tree(TreeId.Of(row.ProgrammeId)).At);
        return row;
    }

    private static bool IsCount(int? people) => people is >= 0 and <= MaxPeople;

    private sealed class Validator : AbstractValidator<TrustBody>
    {
        public Validator()
        {
            RuleFor(body => body.PeopleAtMost).Must(IsCount).WithMessage("State from 0 to 1,000,000 people.");
            RuleFor(body => body.PeoplePerDay).Must(IsCount).WithMessage("State from 0 to 1,000,000 people.");
        }
    }
}
