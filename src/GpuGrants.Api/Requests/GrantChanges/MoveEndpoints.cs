using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>Moves of many grants at once, when a provider fails or withdraws.</summary>
internal static class MoveEndpoints
{
    private const int MaxMoves = 100;

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/offers/{id:guid}/move-grants", MoveAsync)
            .RequireScope(Scopes.Administer)
            .Takes<MoveGrantsBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "moveGrants",
                "Move an offer's grants to another offer",
                "An administrator of the offer's programme does it when a provider fails or withdraws. Takes the offer's open grants, oldest "
                    + $"first and at most {MaxMoves}. Each is moved or refused on its own, by the rules of a single move. With dryRun=true "
                    + "nothing is written."
            )
            .Answers<MovesView>()
            .Refuses(404);

    private static async Task<IResult> MoveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var offer = await OfferChange.FindAsync(http, db, id);
        await ProgrammeEndpoints.AdministeredAsync(http, db, offer.ProgrammeId);
        var body = await http.BodyAsync(new Validator());
        var ids = await OpenGrantsAsync(http, db, offer, body.After);
        var language = http.Language();
        var tree = TreeId.Of(offer.RootProgrammeId);
        var command = new MoveGrants
        {
            Tree = tree,
            Actor = http.Actor(),
            Language = language,
            HasMore = ids.Count > MaxMoves,
            Moves =
            [
                .. ids.Take(MaxMoves)
                    .Select(grant => new MoveGrant
                    {
                        Tree = tree,
                        Actor = http.Actor(),
                        GrantId = grant,
                        OfferId = body.OfferId!.Value,
                        Reason = body.Reason!,
                        Decider = http.Decider(),
                    }),
            ],
        };
        return http.IsDryRun()
            ? await http.DryRunAsync(command, language, moves => new(Render(moves with { DryRun = true })))
            : await http.RunAsync(command, Render);

        Answer Render(MovesView view) => Answer.Ok(view) with { Language = language };
    }

    /// <summary>The offer's open grants, oldest first. One more than a call moves tells that there are more.</summary>
    private static Task<List<Guid>> OpenGrantsAsync(HttpContext http, GpuGrantsContext db, OfferRow offer, Guid? after)
    {
        var rows = db.Set<Grant>()
            .AsNoTracking()
            .Where(row => row.RootProgrammeId == offer.RootProgrammeId && row.OfferId == offer.Id && row.ProviderId == offer.ProviderId)
            .Where(row => row.Status != GrantStatus.Ending && row.Status != GrantStatus.Ended);
        if (after is { } last)
            rows = rows.Where(row => row.Id.CompareTo(last) > 0);
        return rows.OrderBy(row => row.Id).Select(row => row.Id).Take(MaxMoves + 1).ToListAsync(http.RequestAborted);
    }

    private sealed class Validator : AbstractValidator<MoveGrantsBody>
    {
        public Validator()
        {
            RuleFor(body => body.OfferId).NotNull().WithMessage("State the offer to which they go.");
            RuleFor(body => body.Reason).Text(GrantEndpoints.MaxReason);
        }
    }
}
