using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Wording;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>
/// What signing up, recovery, invitations, changes of address and guardians' confirmations share: a code is mailed, and later typed in.
/// </summary>
internal static class CodeMail
{
    /// <summary>Repeats the answer that the call's key got earlier, or admits the call: then it takes one of the codes that may be
    /// mailed.</summary>
    /// <param name="http">The call.</param>
    /// <param name="db">For reading.</param>
    /// <param name="email">To which the code is mailed.</param>
    /// <param name="purpose">What the code is for, as an <see cref="AddressProof"/> says it.</param>
    /// <returns>The earlier answer; null when the call goes on.</returns>
    /// <exception cref="ProblemException">There were too many codes, or too much mail waits.</exception>
    public static async Task<IResult?> AdmitAsync(HttpContext http, GpuGrantsContext db, EmailAddress email, string purpose)
    {
        if (await http.EarlierAnswerAsync() is { } earlier)
            return new AnswerResult(earlier);
        await TakeAsync(http, db, email, purpose);
        return null;
    }

    /// <summary>Makes the identity of a stranger's address the scope of the call's key, and looks for the key's first answer.</summary>
    /// <returns>The identity, and the earlier answer; null when the call goes on.</returns>
    public static async Task<(string Identity, IResult? Earlier)> EarlierOfStrangerAsync(HttpContext http, EmailAddress email)
    {
        var identity = http.RequestServices.GetRequiredService<IdentityKey>().Of(email);
        http.SetKeyScope(identity);
        return (identity, await http.EarlierAnswerAsync() is { } earlier ? new AnswerResult(earlier) : null);
    }

    /// <summary>
    /// Asks for room for the mail of a code, and counts the code against the limits of its caller and its address. A call that is refused
    /// for another reason is refused before, so that it uses up no window.
    /// </summary>
    /// <exception cref="ProblemException">There were too many codes, or too much mail waits.</exception>
    public static async Task TakeAsync(HttpContext http, GpuGrantsContext db, EmailAddress email, string purpose)
    {
        await http.RequestServices.GetRequiredService<Outbox>().CheckRoomAsync(db, http.RequestAborted);
        await http.RequestServices.GetRequiredService<CodesOfPeople>().TakeAsync(http, purpose);
        await http.RequestServices.GetRequiredService<CodeLimits>().TakeCodeAsync(http, email, purpose);
    }

    /// <summary>Stores a proof together with its letters.</summary>
    /// <param name="actor">Who has them mailed.</param>
    /// <param name="prove">Makes the proof, at the moment of the decision.</param>
    /// <param name="next">What whoever reads the mail does next, by the proof's id.</param>
    /// <param name="letters">The letters, sealed.</param>
    /// <param name="record">Records an event of the proof; none when left out.</param>
    public static Command<CodeSentView> Mailing(
        Actor actor,
        Func<DateTimeOffset, AddressProof> prove,
        Func<Guid, string> next,
        byte[][] letters,
        Action<BatchState, AddressProof>? record = null
    ) =>
        new Change<CodeSentView>
        {
            Tree = TreeId.Platform,
            Actor = actor,
            Deciding = batch =>
            {
                var at = batch.Tree(TreeId.Platform).At;
                var proof = prove(at);
                batch.Rows<AddressProof>().Insert(proof);
                record?.Invoke(batch, proof);
                foreach (var letter in letters)
                    Outbox.Put(batch, letter, at);
                return new CodeSentView
                {
                    Id = proof.Id,
                    ExpiresAt = proof.ExpiresAt,
                    Next = next(proof.Id),
                };
            },
        };

    /// <summary>Runs a command that puts letters into the outbox.</summary>
    public static Task<IResult> SendAsync(HttpContext http, Command<CodeSentView> command)
    {
        var language = http.Language();
        return http.RunAsync(command, sent => Answer.Accepted(null, sent with { Next = Korean.In(language, sent.Next) }));
    }

    /// <summary>The proof that a code is typed in for. The scope of the call's key is the address to which the code was mailed.</summary>
    /// <exception cref="ProblemException">There is no such proof for this purpose.</exception>
    public static async Task<AddressProof> ProofAsync(HttpContext http, GpuGrantsContext db, Guid id, string purpose)
    {
        var proof =
            await db.Set<AddressProof>()
                .AsNoTracking()
                .FirstOrDefaultAsync(row => row.Id == id && row.Purpose == purpose, http.RequestAborted)
            ?? throw Problem.NotFound();
        http.SetKeyScope(proof.Identity);
        return proof;
    }
}
