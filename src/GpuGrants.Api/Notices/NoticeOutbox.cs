using GpuGrants.Api.Mail;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>Turns notices into mail that waits.</summary>
public sealed class NoticeOutbox(Outbox outbox, UnsubscribeLinks links, IOptions<MailOptions> options)
{
    /// <summary>Whether notices may be queued. The other half of the queue is for codes.</summary>
    internal async Task<bool> HasRoomAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        var most = Math.Max(1, options.Value.MaxWaiting / 2);
        await using var command = new NpgsqlCommand(
            "select count(*) from (select from mails where status = 'pending' limit $1) waiting",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        return (long)(await command.ExecuteScalarAsync(cancellation))! < most;
    }

    /// <summary>Queues notices. One that was queued before is left out.</summary>
    internal async Task PutAsync(
        NpgsqlTransaction transaction,
        IReadOnlyCollection<Notice> notices,
        DateTimeOffset at,
        CancellationToken cancellation
    )
    {
        if (notices.Count == 0)
            return;
        var insert = RowMap.Of<MailRow>().Insert([.. notices.Select(one => RowOf(one, at))]);
        insert.CommandText += " on conflict (person_id, source) where source is not null do nothing";
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { insert } };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private MailRow RowOf(Notice one, DateTimeOffset at) =>
        new()
        {
            Id = Guid.CreateVersion7(at),
            Payload = outbox.Seal(
                new Letter(one.To.Email, one.Words.Subject, one.Words.Text, one.To.Language, links.Of(one.To.PersonId, one.Kind))
            ),
            Kind = one.Kind,
            PersonId = one.To.PersonId,
            Source = one.Source,
            NextAttemptAt = at,
            CreatedAt = at,
        };
}
